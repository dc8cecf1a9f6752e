"""Turns whose lease has run out end, a few at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from server.core.turn_store import Turns

BATCH = 100
"""The most turns that are ended in one transaction, which other writes wait for."""


@dataclass(frozen=True, slots=True)
class EndExpiredTurns:
    """Writes down that leases have run out, which reads know by themselves. Thread-safe."""

    turns: Turns

    def __call__(self, stopping: Callable[[], bool]) -> int:
        """How many had run out by now; it ends early when it is told to stop. Raises ServiceError."""
        ended, batch = 0, BATCH
        while batch == BATCH and not stopping():
            batch = self.turns.end_expired(BATCH)
            ended += batch
        return ended
