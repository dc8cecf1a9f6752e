"""Writes down that leases have run out, and forgets old events, about once in a second, in every server
process."""

from __future__ import annotations

import logging
import random
import threading
import time
from dataclasses import dataclass

from server.core.errors import ServiceError
from server.core.store import SessionEvents, Turns

logger = logging.getLogger(__name__)

LONGEST_PAUSE = 0.8
"""The most seconds between two sweeps; TurnService promises 1 second with the work in between."""

BATCH = 100
"""The most turns that are ended in one transaction, which other writes wait for."""

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
    """A thread that ends the turns whose lease has run out, and forgets events; between `start` and `stop`.

    Reads know by themselves that a lease has run out, so a sweep that fails is made up for by the next.
    """

    def __init__(self, turns: Turns, events: SessionEvents, kept: KeptEvents | None = None) -> None:
        self._turns = turns
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
                ended = self.sweep()
                self.forget()
                failing = False
            except ServiceError as error:
                if not failing:
                    logger.warning(
                        "leases that ran out cannot be written down, or events forgotten: %s", error
                    )
                failing = True
            else:
                if ended:
                    logger.info("%d leases have run out", ended)
