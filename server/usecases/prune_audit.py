"""Old audit events go, a few at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from server.core.clock import Clock
from server.core.store import Store

BATCH = 100
"""The most events that are removed in one transaction, which other writes wait for."""

_DAY = 24 * 3600 * 1_000_000


@dataclass(frozen=True, slots=True)
class PruneAudit:
    """Removes the events of all organizations that are older than so many days. Thread-safe."""

    store: Store
    clock: Clock
    days: int

    def __call__(self, stopping: Callable[[], bool]) -> int:
        """How many were removed; it ends early when it is told to stop. Raises ServiceError."""
        before, pruned = self.clock() - self.days * _DAY, 0
        for organization_id in self.store.keys.organizations():
            batch = BATCH
            while batch == BATCH and not stopping():
                batch = self.store.audit.prune(organization_id, before, BATCH)
                pruned += batch
        return pruned
