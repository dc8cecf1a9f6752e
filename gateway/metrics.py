"""The gateway's metrics, served for Prometheus at a port of their own, for all its processes at one.

Several processes keep their counts in files of one directory, as prometheus-client has them do, and the
process that started them adds the files up.
"""

from __future__ import annotations

import platform
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    start_http_server,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from gateway.settings import Settings, share_metrics

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class HttpMetrics:
    """The metrics of one process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "everruns_http_requests_total",
            "Requests that have ended, by method, route and status; 499 for a client that left.",
            ("method", "route", "status"),
            registry=registry,
        )
        self._durations = Histogram(
            "everruns_http_duration_seconds",
            "How long requests took, from their headers to the end of their answer.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=registry,
        )
        self.in_flight = Gauge(
            "everruns_http_in_flight",
            "Requests that are being answered.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        labels = {
            "component": "gateway",
            "python": platform.python_version(),
            "grpcio": version("grpcio"),
        }
        Gauge(
            "everruns_build_info",
            "What runs; always 1.",
            tuple(labels),
            registry=registry,
            multiprocess_mode="livemax",
        ).labels(**labels).set(1)
        # Looking a label up costs more than counting.
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def add(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts a request."""
        key = method, route, status
        if (found := self._known.get(key)) is None:
            requests = self._requests.labels(method, route, str(status))
            found = self._known[key] = requests, self._durations.labels(method, route)
        requests, durations = found
        requests.inc()
        durations.observe(seconds)


@contextmanager
def metrics_served(settings: Settings) -> Iterator[CollectorRegistry | None]:
    """Serves the metrics of all processes while it lasts; nothing without a port in the settings.

    Yields where the application's metrics belong if it runs in this process. Raises OSError when the
    port cannot be listened on.
    """
    if settings.metrics_port is None:
        yield None
    elif settings.http_workers == 1:
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        with _http(settings, registry):
            yield registry
    else:
        with tempfile.TemporaryDirectory(prefix="everruns-gateway-metrics-") as directory:
            share_metrics(directory)
            registry = CollectorRegistry()
            registry.register(_OfProcesses(Path(directory)))
            with _http(settings, registry):
                yield None


@contextmanager
def _http(settings: Settings, registry: CollectorRegistry) -> Iterator[None]:
    server, thread = start_http_server(settings.metrics_port or 0, settings.metrics_host, registry)
    print(f"metrics on http://{settings.metrics_host}:{server.server_port}/metrics", flush=True)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _OfProcesses(Collector):
    """The sum over all processes; what a process that has died had in flight is no longer."""

    def __init__(self, directory: Path) -> None:
        self._files = MultiProcessCollector(None, str(directory))
        self._directory = directory

    def collect(self) -> Iterable[Metric]:
        """Returns the metrics as they are now."""
        for file in self._directory.glob("gauge_live*_*.db"):
            process = file.stem.rpartition("_")[2]
            if not Path(f"/proc/{process}").exists():
                mark_process_dead(int(process), str(self._directory))
        found: Iterable[Metric] = self._files.collect()
        return found

    def describe(self) -> Iterable[Metric]:
        """Returns nothing, so that being registered reads no files."""
        return ()
