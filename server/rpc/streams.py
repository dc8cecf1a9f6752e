"""The streams that are open, by method; and the health service that counts its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from threading import Lock

import grpc
from grpc_health.v1 import health
from grpc_health.v1.health_pb2 import HealthCheckRequest


class Streams:
    """Counts streams. Thread-safe."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._lock = Lock()

    def opened(self, method: str, context: grpc.ServicerContext) -> None:
        """Counts a stream from now until its call ends."""
        self._add(method, 1)
        if not context.add_callback(lambda: self._add(method, -1)):
            self._add(method, -1)

    def counts(self) -> dict[str, int]:
        """How many are open of each method that ever had one."""
        with self._lock:
            return dict(self._open)

    def _add(self, method: str, change: int) -> None:
        with self._lock:
            self._open[method] += change


class CountedHealth(health.HealthServicer):
    """The standard health service, whose watchers are counted."""

    def __init__(self, streams: Streams) -> None:
        super().__init__(experimental_non_blocking=True)
        self._streams = streams

    # As grpc calls it when it is told that the method does not block, the one of two ways that there is here.
    def Watch(  # type: ignore[override]
        self,
        request: HealthCheckRequest,
        context: grpc.ServicerContext,
        send_response_callback: Callable[..., object],
    ) -> None:
        """Tells a watcher the status, and each that it comes to be."""
        self._streams.opened("Watch", context)
        super().Watch(request, context, send_response_callback)
