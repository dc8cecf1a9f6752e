"""Time that never repeats and never goes back."""

from __future__ import annotations

import threading
import time

from hypothesis import given
from hypothesis import strategies as st

from server.core.clock import SystemClock, after

TIMES = st.lists(st.integers(0, 10**19), min_size=1, max_size=50)


@given(TIMES)
def test_it_strictly_increases_whatever_the_system_says(nanoseconds: list[int]) -> None:
    clock = SystemClock(iter(nanoseconds).__next__)
    told = [clock() for _ in nanoseconds]
    assert told == sorted(set(told))


@given(TIMES)
def test_it_is_never_before_the_system(nanoseconds: list[int]) -> None:
    clock = SystemClock(iter(nanoseconds).__next__)
    for now in nanoseconds:
        assert clock() >= now // 1000


def test_it_follows_the_system_when_that_goes_forward() -> None:
    clock = SystemClock(iter([5_000_999, 9_000_000, 9_001_000]).__next__)
    assert [clock(), clock(), clock()] == [5000, 9000, 9001]


def test_it_goes_on_by_one_while_the_system_is_behind() -> None:
    clock = SystemClock(iter([9_000_000, 9_000_000, 1_000, 2_000, 9_002_000, 9_005_000]).__next__)
    assert [clock() for _ in range(6)] == [9000, 9001, 9002, 9003, 9004, 9005]


def test_it_is_the_systems_time() -> None:
    before = time.time_ns() // 1000
    assert SystemClock()() >= before


def test_threads_never_see_the_same_time_and_none_sees_it_go_back() -> None:
    # A system clock that hardly moves makes every call depend on the last.
    clock = SystemClock(lambda: 1_000_000)
    told: list[list[int]] = [[] for _ in range(8)]
    start = threading.Barrier(8)

    def ask(mine: list[int]) -> None:
        start.wait()
        for _ in range(2000):
            mine.append(clock())

    threads = [threading.Thread(target=ask, args=(mine,)) for mine in told]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(mine == sorted(mine) for mine in told)
    assert sorted(time for mine in told for time in mine) == list(range(1000, 1000 + 8 * 2000))


@given(st.integers(0, 2**60), st.integers(0, 2**60))
def test_a_change_is_later_than_the_one_before_and_not_before_now(previous: int, now: int) -> None:
    changed = after(previous, now)
    assert changed > previous
    assert changed >= now
    assert changed in (now, previous + 1)
