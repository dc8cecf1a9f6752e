"""Sees to what nobody calls for, about once in a second, in every server process: a list of chores."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence

from server.core.errors import ServiceError

logger = logging.getLogger(__name__)

LONGEST_PAUSE = 0.8
"""The most seconds between two sweeps; TurnService promises 1 second with the work in between."""

Do = Callable[[Callable[[], bool]], int]
"""Does what there is to do of a chore, in small transactions, and answers how much that was. It is handed
what says whether to end early. Raises ServiceError."""


class Chore:
    """Something to be done every so many seconds, at each sweep unless told; of one thread.

    `name` says in the log what could not be done, and `done` of how many of what it was done, empty where
    that is of no interest.
    """

    def __init__(self, name: str, do: Do, done: str = "", every: float = 0.0) -> None:
        self._name = name
        self._do = do
        self._done = done
        self._every = every
        # The first comes soon, and processes that started together look apart.
        self._due = time.monotonic() + _between(0, every / 60)
        self._failing = False

    def see_to(self, stopping: Callable[[], bool]) -> int:
        """Does it, if it is time; how much. A failure is logged, once until it works again, and made up for
        by the next time."""
        if time.monotonic() < self._due:
            return 0
        self._due = time.monotonic() + _between(self._every / 2, self._every)
        try:
            count = self._do(stopping)
        except ServiceError as error:
            if not self._failing:
                logger.warning("%s fails: %s", self._name, error)
            self._failing = True
            return 0
        self._failing = False
        if count and self._done:
            logger.info("%d %s", count, self._done)
        return count


class Sweeper:
    """A thread that sees to its chores; between `start` and `stop`."""

    def __init__(self, chores: Sequence[Chore]) -> None:
        self._chores = chores
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

    def _work(self) -> None:
        # Processes that started together are not to sweep together.
        while not self._stopping.wait(_between(LONGEST_PAUSE / 2, LONGEST_PAUSE)):
            for chore in self._chores:
                chore.see_to(self._stopping.is_set)


def _between(least: float, most: float) -> float:
    return random.SystemRandom().uniform(least, most)
