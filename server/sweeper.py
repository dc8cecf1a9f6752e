"""Writes down that leases have run out, about once in a second, in every server process."""

from __future__ import annotations

import logging
import random
import threading

from server.core.errors import ServiceError
from server.core.store import Turns

logger = logging.getLogger(__name__)

LONGEST_PAUSE = 0.8
"""The most seconds between two sweeps; TurnService promises 1 second with the work in between."""

BATCH = 100
"""The most turns that are ended in one transaction, which other writes wait for."""


class Sweeper:
    """A thread that ends the turns whose lease has run out; between `start` and `stop`.

    Reads know by themselves that a lease has run out, so a sweep that fails is made up for by the next.
    """

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
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

    def _work(self) -> None:
        # Processes that started together are not to sweep together.
        pause = random.SystemRandom().uniform
        failing = False
        while not self._stopping.wait(pause(LONGEST_PAUSE / 2, LONGEST_PAUSE)):
            try:
                ended = self.sweep()
                failing = False
            except ServiceError as error:
                if not failing:
                    logger.warning("leases that ran out cannot be written down just now: %s", error)
                failing = True
            else:
                if ended:
                    logger.info("%d leases have run out", ended)
