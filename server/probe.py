"""Asks again and again whether the store is well, on a thread of its own.

A store that is locked or away answers late, and whoever waits for the signal to stop, or asks how the
server is, must not wait along.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

logger = logging.getLogger(__name__)

EVERY = 1.0
"""The seconds between an answer and the next question."""

PATIENCE = 3.0
"""How long, in seconds, an answer may take before the store counts as unwell."""

_LOOK_EVERY = 0.25


@contextmanager
def probing(ask: Callable[[], bool], tell: Callable[[bool], None]) -> Iterator[None]:
    """Tells, while it lasts, how the store is: when an answer comes, and when one has not come in time.

    `ask` may block for any time; leaving the context does not wait for it.
    """
    probe = _Probe(ask, tell)
    for work in (probe.ask_again_and_again, probe.look_at_the_time):
        threading.Thread(target=work, name="store-probe", daemon=True).start()
    try:
        yield
    finally:
        probe.ended.set()


class _Probe:
    def __init__(self, ask: Callable[[], bool], tell: Callable[[bool], None]) -> None:
        self._ask = ask
        self._tell = tell
        self._asked_at: float | None = None
        self._late = False
        self._lock = threading.Lock()
        self.ended = threading.Event()

    def ask_again_and_again(self) -> None:
        while not self.ended.wait(EVERY):
            with self._lock:
                self._asked_at = time.monotonic()
            try:
                well = self._ask()
            except Exception:
                logger.exception("the store could not be asked how it is")
                well = False
            with self._lock:
                self._asked_at, self._late = None, False
                if not self.ended.is_set():
                    self._tell(well)

    def look_at_the_time(self) -> None:
        while not self.ended.wait(_LOOK_EVERY):
            with self._lock:
                asked_at = self._asked_at
                if asked_at is None or self._late or time.monotonic() < asked_at + PATIENCE:
                    continue
                self._late = True
                self._tell(False)
            logger.warning("the store has not said for %.0f s whether it is well", PATIENCE)
