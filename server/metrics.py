"""The metrics of one process in Prometheus's own data model, made when somebody asks for them."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version

from prometheus_client import ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from server import VERSION
from server.core.meters import Meters
from server.core.tally import Distribution
from server.core.token_buckets import TokenBuckets
from server.executor import Threads
from server.rpc.admission import Admission
from server.rpc.streams import Streams
from server.rpc.watch_hub import WatchHub
from server.store.peewee_store import PeeweeStore


@dataclass(frozen=True, slots=True)
class Metrics:
    """What the metrics of a process are made of."""

    meters: Meters
    store: PeeweeStore
    threads: tuple[Threads, ...]
    streams: Streams
    watches: WatchHub
    database: str
    admission: Admission
    key_rate: TokenBuckets | None

    def families(self) -> list[Metric]:
        """Each metric with its samples as they are now. Thread-safe."""
        process: Iterable[Metric] = ProcessCollector(registry=None).collect()
        return [*self._build(), *self._calls(), *self._limits(), *self._work(), *self._store(), *process]

    def _build(self) -> Iterator[Metric]:
        labels = {
            "component": "server",
            "version": VERSION,
            "python": platform.python_version(),
            "grpcio": version("grpcio"),
            "database": self.database,
        }
        yield _gauge(
            "everruns_build_info", "What runs; always 1.", tuple(labels), {tuple(labels.values()): 1}
        )

    def _calls(self) -> Iterator[Metric]:
        counted = self.meters.calls.totals()
        requests = CounterMetricFamily(
            "everruns_rpc_requests", "Calls that have ended, by method and code.", labels=("method", "code")
        )
        durations: dict[tuple[str, ...], Distribution] = {}
        for (method, code), found in counted.items():
            requests.add_metric((method, code), found.count)
            before = durations.get((method,))
            durations[method,] = found if before is None else before + found
        yield requests
        yield _histogram(
            "everruns_rpc_duration_seconds",
            "How long calls took, from when a thread took them up.",
            ("method",),
            self.meters.calls.bounds,
            durations,
        )

    def _limits(self) -> Iterator[Metric]:
        yield _gauge("everruns_calls_in_flight", "Calls under way.", (), {(): self.admission.in_flight()})
        refused = CounterMetricFamily(
            "everruns_calls_refused",
            "Calls that were refused since there were too many: of all keys, of one, or of one in a second.",
            labels=("limit",),
        )
        for limit in ("all", "key"):
            refused.add_metric((limit,), self.admission.refused[limit])
        refused.add_metric(("rate",), self.key_rate.refused if self.key_rate else 0)
        yield refused

    def _work(self) -> Iterator[Metric]:
        pools = {pool.name: pool for pool in self.threads}
        for name, text, values in (
            ("everruns_threads", "Threads for calls.", {p: t.count for p, t in pools.items()}),
            ("everruns_threads_busy", "Threads that make a call.", {p: t.busy() for p, t in pools.items()}),
            (
                "everruns_threads_queued",
                "Calls that wait for one.",
                {p: t.queued() for p, t in pools.items()},
            ),
        ):
            yield _gauge(name, text, ("pool",), {(pool,): value for pool, value in values.items()})
        open_streams: dict[tuple[str, ...], float] = {
            (method,): count for method, count in self.streams.counts().items()
        }
        yield _gauge("everruns_streams_open", "Streams that are open.", ("method",), open_streams)
        for name, text, count in (
            ("everruns_watch_events_sent", "Events sent, to each watcher for itself.", self.watches.sent),
            ("everruns_watchers_cut_off", "Watchers that did not keep up.", self.watches.cut_off),
        ):
            yield CounterMetricFamily(name, text, value=count)

    def _store(self) -> Iterator[Metric]:
        meters = self.meters
        waiting, groups = self.store.waiting_writes(), meters.groups.totals()
        yield _gauge("everruns_writes_waiting", "Writes that wait for the writer.", (), {(): waiting})
        yield _histogram(
            "everruns_write_group_size",
            "How many writes a transaction had.",
            (),
            meters.groups.bounds,
            {(): groups[""]} if groups else {},
        )
        for name, text, label, tally in (
            ("everruns_commit_duration_seconds", "How long commits took.", "outcome", meters.commits),
            ("everruns_statement_duration_seconds", "How long statements took.", "kind", meters.statements),
        ):
            found: dict[tuple[str, ...], Distribution] = {
                (key,): distribution for key, distribution in tally.totals().items()
            }
            yield _histogram(name, text, (label,), tally.bounds, found)


def _gauge(
    name: str, text: str, labels: tuple[str, ...], values: Mapping[tuple[str, ...], float]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=labels)
    for of, value in values.items():
        family.add_metric(of, value)
    return family


def _histogram(
    name: str,
    text: str,
    labels: tuple[str, ...],
    bounds: tuple[float, ...],
    values: Mapping[tuple[str, ...], Distribution],
) -> HistogramMetricFamily:
    family = HistogramMetricFamily(name, text, labels=labels)
    limits = [*(str(float(bound)) for bound in bounds), "+Inf"]
    for of, found in values.items():
        up_to = 0
        buckets: list[tuple[str, float]] = []
        for limit, count in zip(limits, found.counts, strict=True):
            up_to += count
            buckets.append((limit, up_to))
        family.add_metric(of, buckets, found.sum)
    return family
