"""What is told of a request when it has been answered: it is counted, and has its line in the log.

A request is named by the template of its route, so that neither a line nor a metric holds what a client
wrote into a path, a query, a header or a body; only its request id is its own.
"""

from __future__ import annotations

import itertools
import logging
from time import perf_counter
from typing import TypeAlias

from gateway.metrics import HttpMetrics

_logger = logging.getLogger(__name__)

Peer: TypeAlias = tuple[str, int] | None

UNMATCHED = "unmatched"
"""In place of the route of a path that there is not."""

CLIENT_GONE = 499
"""In place of a status: the client left before there was an answer."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Access:
    """Counts requests, and writes the lines of those that are to have one. For one event loop."""

    def __init__(self, log_calls: int | None = 0, metrics: HttpMetrics | None = None) -> None:
        """Takes how often a request that succeeds has a line: one in so many, 0 for none of them. One
        that fails has one always, unless `log_calls` is None. Without metrics nothing is counted."""
        self._every = log_calls or 0
        self._log_failures = log_calls is not None
        self._metrics = metrics
        self._number = itertools.count()

    def begins(self) -> float:
        """Returns the time to hand to `ends`, which is called for every request that begins."""
        if self._metrics is not None:
            self._metrics.in_flight.inc()
        return perf_counter()

    def ends(
        self,
        started: float,
        request_id: str,
        method: str,
        route: str,
        status: int,
        reason: str | None,
        peer: Peer,
    ) -> None:
        """Notes a request."""
        seconds = perf_counter() - started
        method = method if method in _METHODS else "OTHER"
        if self._metrics is not None:
            self._metrics.in_flight.dec()
            self._metrics.add(method, route, status, seconds)
        if status >= 400:
            has_line = self._log_failures
        else:
            has_line = bool(self._every) and next(self._number) % self._every == 0
        if has_line:
            fields = {
                "request_id": request_id,
                "method": method,
                "route": route,
                "status": status,
                "reason": reason,
                "duration_ms": round(1000 * seconds, 3),
                "peer": f"{peer[0]}:{peer[1]}" if peer else None,
            }
            _logger.info("%s %s %d", method, route, status, extra={"fields": fields})
