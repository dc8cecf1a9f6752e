"""Time as the service sees it: microseconds that never repeat or go back within a process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Answers microseconds since 1970, each time more than before."""


def wall_clock() -> int:
    """Microseconds since 1970 by the system's clock, which may repeat and go back."""
    return time.time_ns() // 1000


class SystemClock:
    """The system's clock, made strictly increasing. Thread-safe."""

    def __init__(self, read: Callable[[], int] = time.time_ns) -> None:
        self._read = read
        self._last = 0
        self._lock = threading.Lock()

    def __call__(self) -> int:
        now = self._read() // 1000
        with self._lock:
            self._last = now if now > self._last else self._last + 1
            return self._last


def after(previous: int, now: int) -> int:
    """The time of a change made now to something last changed at `previous`: later than both allow."""
    return now if now > previous else previous + 1
