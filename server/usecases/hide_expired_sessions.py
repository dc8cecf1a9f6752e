"""Sessions that have expired are taken away, a few at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from server.core.session_store import Sessions

BATCH = 100
"""The most sessions that are taken away in one transaction, which other writes wait for."""


@dataclass(frozen=True, slots=True)
class HideExpiredSessions:
    """Writes down that sessions have expired, which reads know by themselves. Thread-safe."""

    sessions: Sessions

    def __call__(self, stopping: Callable[[], bool]) -> int:
        """How many had expired by now; it ends early when it is told to stop. Raises ServiceError."""
        hidden = 0
        while not stopping() and (batch := self.sessions.hide_expired(BATCH)):
            hidden += batch
        return hidden
