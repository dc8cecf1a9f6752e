"""Writes down that leases have run out, about once in a second, and removes what is too old, now and then,
in every server process."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable

from server.core.errors import ServiceError
from server.core.store import Turns

logger = logging.getLogger(__name__)

LONGEST_PAUSE = 0.8
"""The most seconds between two sweeps; TurnService promises 1 second with the work in between."""

PRUNED_EVERY = 3600.0
"""The most seconds between two looks for what is too old; processes that started together look apart."""

BATCH = 100
"""The most turns that are ended in one transaction, which other writes wait for."""


class Sweeper:
    """A thread that ends the turns whose lease has run out; between `start` and `stop`.

    Reads know by themselves that a lease has run out, so a sweep that fails is made up for by the next.
    `prune` removes what is too old, and is handed what says whether to stop; None where nothing ever is.
    """

    def __init__(self, turns: Turns, prune: Callable[[Callable[[], bool]], int] | None = None) -> None:
        self._turns = turns
        self._prune = prune
        self._prune_at = time.monotonic() + random.SystemRandom().uniform(0, PRUNED_EVERY / 60)
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

    def prune(self) -> int:
        """Removes what is too old, if it is time to look; how much. Raises ServiceError."""
        if self._prune is None or time.monotonic() < self._prune_at:
            return 0
        self._prune_at = time.monotonic() + random.SystemRandom().uniform(PRUNED_EVERY / 2, PRUNED_EVERY)
        return self._prune(self._stopping.is_set)

    def _work(self) -> None:
        # Processes that started together are not to sweep together.
        pause = random.SystemRandom().uniform
        failing = False
        while not self._stopping.wait(pause(LONGEST_PAUSE / 2, LONGEST_PAUSE)):
            try:
                ended, pruned = self.sweep(), self.prune()
                failing = False
            except ServiceError as error:
                if not failing:
                    logger.warning("leases that ran out cannot be written down just now: %s", error)
                failing = True
            else:
                if ended:
                    logger.info("%d leases have run out", ended)
                if pruned:
                    logger.info("%d audit events were older than is kept, and are gone", pruned)
