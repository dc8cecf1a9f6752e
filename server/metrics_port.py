"""Serves metrics over HTTP, those of all processes of the service on one port.

Where there are several, each answers at a socket of its own in a directory that only they can enter,
and the process that started them asks them all. Every sample has the label `process`, the place of its
process among them, so that one that is replaced begins its counters anew without disturbing the sums.
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from multiprocessing.connection import Client, Listener
from pathlib import Path

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from server.settings import Settings

logger = logging.getLogger(__name__)

Families = Callable[[], list[Metric]]

_PATIENCE = 2.0
"""How long, in seconds, a process may take to answer."""


class MetricsPortTaken(Exception):
    """The port for metrics cannot be listened on."""


@contextlib.contextmanager
def metrics_served(settings: Settings, families: Families | None) -> Iterator[None]:
    """Serves the metrics of this process while it lasts: at its socket, if it is one of several, else
    over HTTP; nowhere without a port in the settings. Raises MetricsPortTaken."""
    if families is None:
        yield
    elif settings.metrics_socket is not None:
        with _answering(settings.metrics_socket, families):
            yield
    else:
        with _http(settings, lambda: {"0": families()}):
            yield


@contextlib.contextmanager
def metrics_of_processes_served(settings: Settings) -> Iterator[Settings]:
    """Serves the metrics of the processes that are started with the settings it gives, while it lasts.

    Process number N answers at the socket `N` of the directory that the settings' `metrics_socket` is.
    Raises MetricsPortTaken.
    """
    if settings.metrics_port is None:
        yield settings
        return
    with tempfile.TemporaryDirectory(prefix="everruns-metrics-") as directory:
        sockets = Path(directory)

        def ask_all() -> dict[str, list[Metric]]:
            answers = {socket.name: _ask(socket) for socket in sorted(sockets.iterdir())}
            return {name: answer for name, answer in answers.items() if answer is not None}

        with _http(settings, ask_all):
            yield replace(settings, metrics_socket=sockets)


@contextlib.contextmanager
def _http(settings: Settings, of_processes: Callable[[], dict[str, list[Metric]]]) -> Iterator[None]:
    registry = CollectorRegistry()
    registry.register(_Merged(settings.workers, of_processes))
    host, port = settings.metrics_host, settings.metrics_port or 0
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        text = f"cannot listen on {host}:{port} for metrics: {error.strerror or error}"
        raise MetricsPortTaken(text) from None
    logger.info("serving metrics on http://%s:%d/metrics", host, server.server_port)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Merged(Collector):
    """The metrics of all processes, each sample with the place of its process."""

    def __init__(self, expected: int, of_processes: Callable[[], dict[str, list[Metric]]]) -> None:
        self._expected = expected
        self._of_processes = of_processes

    def collect(self) -> Iterable[Metric]:
        """The metrics as they are now."""
        found = self._of_processes()
        yield GaugeMetricFamily("everruns_processes", "Processes that answer.", value=len(found))
        yield GaugeMetricFamily(
            "everruns_processes_expected", "Processes there are to be.", value=self._expected
        )
        merged: dict[str, Metric] = {}
        for process, families in found.items():
            for family in families:
                samples = merged.setdefault(
                    family.name, Metric(family.name, family.documentation, family.type)
                ).samples
                samples += (s._replace(labels={**s.labels, "process": process}) for s in family.samples)
        yield from merged.values()

    def describe(self) -> Iterable[Metric]:
        """Nothing, so that being registered asks nobody."""
        return ()


@contextlib.contextmanager
def _answering(socket: Path, families: Families) -> Iterator[None]:
    socket.unlink(missing_ok=True)
    listener = Listener(str(socket), "AF_UNIX")

    def answer() -> None:
        while True:
            try:
                with listener.accept() as asking:
                    asking.send(families())
            except OSError:
                if ended.is_set():
                    return
                logger.warning("the metrics of this process could not be told", exc_info=True)

    ended = threading.Event()
    threading.Thread(target=answer, name="metrics", daemon=True).start()
    try:
        yield
    finally:
        ended.set()
        listener.close()


def _ask(socket: Path) -> list[Metric] | None:
    """The metrics of a process; None of one that does not answer."""
    try:
        with Client(str(socket), "AF_UNIX") as process:
            if not process.poll(_PATIENCE):
                return None
            answer: list[Metric] = process.recv()
            return answer
    except (OSError, EOFError):
        return None
