"""Deleted sessions are removed for good, a few at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from server.core.session_store import Sessions

BATCH = 100
"""The most sessions that are removed in one transaction, which other writes wait for."""

MOST_PURGES = 10
"""The most transactions in one go, since leases wait for them."""


@dataclass(frozen=True, slots=True)
class PurgeSessions:
    """Removes sessions that were deleted or expired more than `retention` microseconds ago. Thread-safe."""

    sessions: Sessions
    retention: int

    def __call__(self, stopping: Callable[[], bool]) -> int:
        """How many it worked on; it ends early when it is told to stop. Raises ServiceError."""
        purged = 0
        for _ in range(MOST_PURGES):
            if stopping() or not (batch := self.sessions.purge(self.retention, BATCH)):
                break
            purged += batch
        return purged
