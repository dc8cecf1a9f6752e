"""Token buckets: how often something may be done, with a burst, by whom it is done.

A bucket is kept as the time at which it is full again, so it needs no refilling: the Generic Cell Rate
Algorithm of ITU-T I.371. Times are whole nanoseconds, so nothing is lost to rounding however long it runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

SECOND = 1_000_000_000
_FEW = 10_000


class TokenBuckets:
    """A bucket of `burst` tokens for each name; `rate` tokens come back a second. Thread-safe.

    A full bucket takes no memory for long: it is forgotten when there are thousands of others.
    """

    def __init__(self, rate: int, burst: int, clock: Callable[[], int] = time.monotonic_ns) -> None:
        """Takes two numbers above 0, and a clock of nanoseconds that does not go back."""
        self._a_token = SECOND // rate
        self._all_but_one = self._a_token * (burst - 1)
        self._clock = clock
        self._full_at: dict[bytes, int] = {}
        self._most = _FEW
        self._lock = Lock()
        self.refused = 0
        """How often there was no token to take."""

    def take(self, name: bytes) -> float:
        """Takes a token and answers 0; or takes none, where there is none, and answers in how many seconds
        there will be one."""
        now = self._clock()
        with self._lock:
            full_at = max(self._full_at.get(name, now), now)
            wait = full_at - self._all_but_one - now
            if wait > 0:
                self.refused += 1
                return wait / SECOND
            self._full_at[name] = full_at + self._a_token
            if len(self._full_at) > self._most:
                self._forget_full(now)
        return 0.0

    def wait(self, name: bytes) -> float:
        """In how many seconds there will be a token; 0 where there is one now. Takes none."""
        now = self._clock()
        return max(0, self._full_at.get(name, now) - self._all_but_one - now) / SECOND

    def _forget_full(self, now: int) -> None:
        self._full_at = {name: full_at for name, full_at in self._full_at.items() if full_at > now}
        # Twice what is in use, so that looking for those that are not is rare.
        self._most = max(_FEW, 2 * len(self._full_at))
