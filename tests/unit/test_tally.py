"""Tallies: every amount is counted once, in its bucket, from whatever thread it comes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from hypothesis import given
from hypothesis import strategies as st

from server.core.tally import Distribution, Tally

BOUNDS = (1.0, 2.0, 5.0)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 8))))
def test_an_amount_is_in_the_first_bucket_that_holds_it(amounts: list[tuple[str, int]]) -> None:
    tally: Tally[str] = Tally(BOUNDS)
    for key, amount in amounts:
        tally.add(key, amount)
    expected: dict[str, Distribution] = {}
    for key in {key for key, _ in amounts}:
        mine = [amount for one, amount in amounts if one == key]
        up_to = [sum(amount <= bound for amount in mine) for bound in BOUNDS] + [len(mine)]
        counts = tuple(high - low for low, high in zip([0, *up_to], up_to, strict=False))
        expected[key] = Distribution(counts, sum(mine))
    assert tally.totals() == expected
    assert all(found.count == sum(key == one for one, _ in amounts) for key, found in expected.items())


def test_threads_count_at_once_and_nothing_is_lost() -> None:
    tally: Tally[int] = Tally(BOUNDS)
    ready = Barrier(8)

    def count() -> None:
        ready.wait()
        for number in range(5000):
            tally.add(number % 3, 1.5)

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(count) for _ in range(8)]:
            done.result()
    totals = tally.totals()
    assert sum(found.count for found in totals.values()) == 40_000
    assert sum(found.sum for found in totals.values()) == 60_000
    assert {found.counts[1] for found in totals.values()} == {found.count for found in totals.values()}
