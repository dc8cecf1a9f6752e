"""Amounts counted in buckets, cheaply enough to be done at every call.

Each thread adds to rows of its own, so nothing is locked and nothing is lost; whoever reads adds the
rows of all threads up. A key names what is counted: a method and its code, say.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Distribution:
    """How many amounts were at most each bound, and more than the one before; the last is for those
    above all bounds. `sum` is of the amounts themselves."""

    counts: tuple[int, ...]
    sum: float

    @property
    def count(self) -> int:
        """How many amounts there were."""
        return sum(self.counts)

    def __add__(self, other: Distribution) -> Distribution:
        counts = tuple(map(sum, zip(self.counts, other.counts, strict=True)))
        return Distribution(counts, self.sum + other.sum)


class Tally(Generic[K]):
    """Counts amounts by key. Thread-safe."""

    def __init__(self, bounds: Sequence[float]) -> None:
        """Takes the upper bounds of the buckets, which belong to them, in rising order."""
        self.bounds = tuple(bounds)
        self._of_thread = threading.local()
        self._of_all: list[dict[K, list[float]]] = []

    def add(self, key: K, amount: float) -> None:
        """Counts an amount."""
        try:
            rows: dict[K, list[float]] = self._of_thread.rows
        except AttributeError:
            rows = self._of_thread.rows = {}
            self._of_all.append(rows)
        row = rows.get(key)
        if row is None:
            # A count for each bucket, and the sum.
            row = rows[key] = [0.0] * (len(self.bounds) + 2)
        row[bisect_left(self.bounds, amount)] += 1
        row[-1] += amount

    def totals(self) -> dict[K, Distribution]:
        """What all threads have counted so far, by key."""
        found: dict[K, Distribution] = {}
        for rows in self._of_all.copy():
            for key, row in rows.copy().items():
                *counts, amount = row
                counted = Distribution(tuple(map(int, counts)), amount)
                found[key] = found[key] + counted if key in found else counted
        return found
