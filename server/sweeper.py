"""Writes down what time has brought, about once in a second, in every server process: leases that ran out,
sessions that expired, the removal of those that were deleted long enough ago, and of old events."""

from __future__ import annotations

import logging
import random
import threading
import time
from dataclasses import dataclass

from server.core.errors import ServiceError
from server.core.store import SessionEvents, Sessions, Turns

logger = logging.getLogger(__name__)

LONGEST_PAUSE = 0.8
"""The most seconds between two sweeps; TurnService promises 1 second with the work in between."""

BATCH = 100
"""The most turns or sessions that are changed in one transaction, which other writes wait for."""

MOST_PURGES = 10
"""The most transactions of a sweep that remove sessions for good, since leases wait for them."""

ORGANIZATIONS = 20
TRANSACTIONS = 200
"""Of how many organizations a sweep looks at the events, and those of how many transactions it forgets of
each in one go."""


@dataclass(frozen=True, slots=True)
class KeptEvents:
    """For how many seconds the events of an organization are kept, and how many of them at most."""

    seconds: int = 3_600
    most: int = 100_000


class Sweeper:
    """A thread that ends the turns whose lease has run out, takes away the sessions that have expired,
    removes for good those that were deleted more than `retention` microseconds ago, and forgets events;
    between `start` and `stop`.

    Reads know by themselves what time has brought, so a sweep that fails is made up for by the next.
    """

    def __init__(
        self,
        turns: Turns,
        sessions: Sessions,
        retention: int,
        events: SessionEvents,
        kept: KeptEvents | None = None,
    ) -> None:
        self._turns = turns
        self._sessions = sessions
        self._retention = retention
        self._events = events
        self._kept = kept or KeptEvents()
        self._place = bytes(16)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="sweeper", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Returns when a sweep that is under way is done, and no other comes."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def sweep(self) -> int:
        """Ends the turns whose lease has run out by now; how many. Raises ServiceError."""
        ended = 0
        while not self._stopping.is_set():
            batch = self._turns.end_expired(BATCH)
            ended += batch
            if batch < BATCH:
                break
        return ended

    def hide(self) -> int:
        """Takes away the sessions that have expired by now; how many. Raises ServiceError."""
        hidden = 0
        while not self._stopping.is_set() and (batch := self._sessions.hide_expired(BATCH)):
            hidden += batch
        return hidden

    def purge(self) -> int:
        """Removes some of the sessions whose time to be brought back is over; how many it worked on. Raises
        ServiceError."""
        purged = 0
        for _ in range(MOST_PURGES):
            if self._stopping.is_set() or not (batch := self._sessions.purge(self._retention, BATCH)):
                break
            purged += batch
        return purged

    def forget(self) -> int:
        """Forgets events of the next few organizations that are too old or too many; of how many
        transactions. Raises ServiceError."""
        older_than = time.time_ns() // 1000 - self._kept.seconds * 1_000_000
        forgotten, batch, place = 0, TRANSACTIONS, self._place
        # Where there is much to forget, more comes as fast.
        while batch >= TRANSACTIONS and not self._stopping.is_set():
            self._place, batch = self._events.forget(
                place, ORGANIZATIONS, older_than, self._kept.most, TRANSACTIONS
            )
            forgotten += batch
        return forgotten

    def _work(self) -> None:
        # Processes that started together are not to sweep together.
        pause = random.SystemRandom().uniform
        failing = False
        while not self._stopping.wait(pause(LONGEST_PAUSE / 2, LONGEST_PAUSE)):
            try:
                ended, hidden, purged = self.sweep(), self.hide(), self.purge()
                self.forget()
                failing = False
            except ServiceError as error:
                if not failing:
                    logger.warning("what time has brought cannot be written down just now: %s", error)
                failing = True
            else:
                if ended:
                    logger.info("%d leases have run out", ended)
                if hidden:
                    logger.info("%d sessions have expired", hidden)
                if purged:
                    logger.info("%d deleted sessions were worked on to remove them for good", purged)
