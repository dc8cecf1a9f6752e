"""Writes down what time has brought, about once in a second, in every server process: leases that ran out,
sessions that expired, and the removal of those that were deleted long enough ago."""

from __future__ import annotations

import logging
import random
import threading

from server.core.errors import ServiceError
from server.core.store import Sessions, Turns

logger = logging.getLogger(__name__)

LONGEST_PAUSE = 0.8
"""The most seconds between two sweeps; TurnService promises 1 second with the work in between."""

BATCH = 100
"""The most turns or sessions that are changed in one transaction, which other writes wait for."""

MOST_PURGES = 10
"""The most transactions of a sweep that remove sessions for good, since leases wait for them."""


class Sweeper:
    """A thread that ends the turns whose lease has run out, takes away the sessions that have expired, and
    removes for good those that were deleted more than `retention` microseconds ago; between `start` and
    `stop`.

    Reads know by themselves what time has brought, so a sweep that fails is made up for by the next.
    """

    def __init__(self, turns: Turns, sessions: Sessions, retention: int) -> None:
        self._turns = turns
        self._sessions = sessions
        self._retention = retention
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

    def _work(self) -> None:
        # Processes that started together are not to sweep together.
        pause = random.SystemRandom().uniform
        failing = False
        while not self._stopping.wait(pause(LONGEST_PAUSE / 2, LONGEST_PAUSE)):
            try:
                ended, hidden, purged = self.sweep(), self.hide(), self.purge()
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
