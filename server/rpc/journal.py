"""What is told of a call when it has ended: it is counted, and has its line in the log.

A line names the caller's organization, never its key, and nothing of what was asked or answered.
"""

from __future__ import annotations

import itertools
import logging
from time import perf_counter

import grpc

from server.core.caller import Caller
from server.core.errors import Reason, ServiceError
from server.core.ids import format_id
from server.core.meters import Meters
from server.rpc.actor import actor_of
from server.rpc.errors import code_name
from server.usecases.denials import Denials

logger = logging.getLogger(__name__)

_DENIED = (Reason.SCOPE_MISSING, Reason.ORGANIZATION_MISMATCH)


class Journal:
    """Counts calls, and writes the lines of those that are to have one. Thread-safe."""

    def __init__(
        self, log_calls: int | None = 0, meters: Meters | None = None, denials: Denials | None = None
    ) -> None:
        """Takes how often an answered call has a line: one in so many, 0 for none of them. A call that
        is refused has one always, unless `log_calls` is None. Without meters nothing is counted. Calls that
        a key may not make are handed on to `denials`."""
        self._every = log_calls or 0
        self._log_refusals = log_calls is not None
        self._calls = meters.calls if meters else None
        self._denials = denials
        self._number = itertools.count()
        self.notes_answers = bool(self._every or meters)
        """Whether `answered` does anything."""

    def answered(
        self,
        key: tuple[str, str],
        started: float,
        request_id: str,
        caller: Caller | None,
        context: grpc.ServicerContext,
    ) -> None:
        """Notes a call that was answered. `key` is its method and code, `started` the time that
        time.perf_counter() gave when it began."""
        seconds = perf_counter() - started
        if self._calls is not None:
            self._calls.add(key, seconds)
        if self._every and next(self._number) % self._every == 0:
            _write(key, None, seconds, request_id, caller, context)

    def refused(
        self,
        method: str,
        error: ServiceError,
        started: float,
        request_id: str,
        caller: Caller | None,
        context: grpc.ServicerContext,
    ) -> None:
        """Notes a call that ended in an error."""
        seconds = perf_counter() - started
        key = method, code_name(error)
        if self._calls is not None:
            self._calls.add(key, seconds)
        if self._denials is not None and caller is not None and error.reason in _DENIED:
            actor = actor_of(method, caller, context)
            self._denials.note(caller.organization_id, actor, error.reason.value)
        if self._log_refusals:
            _write(key, error.reason.value, seconds, request_id, caller, context)


def _write(
    key: tuple[str, str],
    reason: str | None,
    seconds: float,
    request_id: str,
    caller: Caller | None,
    context: grpc.ServicerContext,
) -> None:
    method, code = key
    fields: dict[str, str | float | None] = {
        "request_id": request_id or None,
        "organization": format_id("org", caller.organization_id) if caller else None,
        "method": method,
        "code": code,
        "reason": reason,
        "duration_ms": round(1000 * seconds, 3),
        "peer": context.peer(),
    }
    logger.info("%s %s", method, code, extra={"fields": fields})
