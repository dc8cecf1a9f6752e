"""Token buckets: never more than the rate and burst allow, and the wait that is told is the true one."""

from __future__ import annotations

import math
import threading

from hypothesis import given
from hypothesis import strategies as st

from server.core.token_buckets import SECOND, TokenBuckets
from tests.store.at_once import at_once

NAME = b"k"


class Clock:
    """A clock of nanoseconds that is moved by hand."""

    def __init__(self) -> None:
        self.now = 7

    def __call__(self) -> int:
        return self.now


@given(
    rate=st.integers(1, 10_000),
    burst=st.integers(1, 50),
    pauses=st.lists(st.integers(0, 3 * SECOND), max_size=100),
)
def test_it_is_a_bucket_that_is_filled_at_a_rate(rate: int, burst: int, pauses: list[int]) -> None:
    clock = Clock()
    buckets = TokenBuckets(rate, burst, clock)
    a_token = SECOND // rate
    # The bucket as one would draw it, in nanoseconds of filling.
    full = burst * a_token
    level = full
    for pause in pauses:
        clock.now += pause
        level = min(full, level + pause)
        waits = buckets.wait(NAME)
        assert buckets.take(NAME) == waits
        if level >= a_token:
            assert waits == 0
            level -= a_token
        else:
            assert waits == (a_token - level) / SECOND


@given(rate=st.integers(1, 1_000_000), burst=st.integers(1, 20), early=st.integers(1, 10))
def test_after_the_wait_that_is_told_there_is_a_token_and_not_before(
    rate: int, burst: int, early: int
) -> None:
    clock = Clock()
    buckets = TokenBuckets(rate, burst, clock)
    assert [buckets.take(NAME) for _ in range(burst)] == [0] * burst
    wait = math.ceil(buckets.take(NAME) * SECOND - 1e-3)
    assert wait == SECOND // rate
    clock.now += wait - min(early, wait)
    assert buckets.take(NAME) > 0
    clock.now += min(early, wait)
    assert buckets.take(NAME) == 0


def test_names_have_buckets_of_their_own() -> None:
    buckets = TokenBuckets(1, 1, Clock())
    assert [buckets.take(name) > 0 for name in (b"a", b"b", b"a", b"b")] == [False, False, True, True]


def test_full_buckets_are_forgotten_and_no_others() -> None:
    clock = Clock()
    buckets = TokenBuckets(1, 1, clock)
    for number in range(30_000):
        assert buckets.take(number.to_bytes(4, "big")) == 0
        clock.now += SECOND // 1_000
    assert buckets.take((29_999).to_bytes(4, "big")) > 0
    assert len(buckets._full_at) < 12_000


def test_threads_get_no_more_than_there_are() -> None:
    buckets = TokenBuckets(1, 500, Clock())
    taken, lock = [0], threading.Lock()

    def take(_: int) -> None:
        for _ in range(200):
            if buckets.take(NAME) == 0:
                with lock:
                    taken[0] += 1

    at_once(8, take)
    assert taken == [500]
