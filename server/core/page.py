"""A page of a list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
S = TypeVar("S")

DEFAULT_SIZE = 20
LARGEST_SIZE = 100


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which part of a list: at most `size` items after the item `after`, passing over `skip` first.

    `after` is the sort key of an item, None for the beginning.
    """

    size: int = DEFAULT_SIZE
    skip: int = 0
    after: tuple[int, bytes] | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list. `total` counts the whole list; `next` is the `after` of the next part, if any."""

    items: tuple[T, ...]
    total: int
    next: tuple[int, bytes] | None

    def map(self, change: Callable[[T], S]) -> Page[S]:
        """The same page with each item changed."""
        return Page(tuple(map(change, self.items)), self.total, self.next)
