"""Old events of sessions go, a few at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from server.core.clock import Clock
from server.core.event_store import SessionEvents

ORGANIZATIONS = 20
TRANSACTIONS = 200
"""Of how many organizations the events are looked at in one go, and those of how many transactions are
forgotten of each."""


@dataclass(frozen=True, slots=True)
class KeptEvents:
    """For how many seconds the events of an organization are kept, and how many of them at most."""

    seconds: int = 3_600
    most: int = 100_000


class ForgetEvents:
    """Forgets events that are too old or too many, of the next few organizations each time. Of one thread."""

    def __init__(self, events: SessionEvents, clock: Clock, kept: KeptEvents) -> None:
        self._events = events
        self._clock = clock
        self._kept = kept
        self._place = bytes(16)

    def __call__(self, stopping: Callable[[], bool]) -> int:
        """Of how many transactions they were; it ends early when it is told to stop. Raises ServiceError."""
        older_than = self._clock() - self._kept.seconds * 1_000_000
        forgotten, batch, place = 0, TRANSACTIONS, self._place
        # Where there is much to forget, more comes as fast.
        while batch >= TRANSACTIONS and not stopping():
            self._place, batch = self._events.forget(
                place, ORGANIZATIONS, older_than, self._kept.most, TRANSACTIONS
            )
            forgotten += batch
        return forgotten
