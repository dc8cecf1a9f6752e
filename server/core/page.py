"""A page of a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


def page_of(items: Sequence[T], page: PageRequest) -> Page[T]:
    """The page of a list that is in memory and does not change, so that an item's key is its place."""
    start = page.skip + (page.after[0] if page.after else 0)
    found = tuple(items[start : start + page.size])
    end = start + len(found)
    return Page(found, len(items), (end, bytes(16)) if found and end < len(items) else None)
