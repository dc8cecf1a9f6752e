"""A result that is on its way, so that no thread has to wait for it.

A write is on disk a good while after it was asked for. A thread that waits costs nothing, but waking one for
every write does: so what has to happen with the result goes along with the question, and is done where
the result is known.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")

Take = Callable[[], T]
"""Answers the result, or raises what came instead of it."""


class Later(Generic[T]):
    """A result that is not there before somebody has begun what leads to it, and perhaps not at once then."""

    __slots__ = ("_begin",)

    def __init__(self, begin: Callable[[Callable[[Take[T]], None]], None]) -> None:
        """`begin` is given whom to tell: once, on any thread, unless it raises."""
        self._begin = begin

    def begin(self, tell: Callable[[Take[T]], None]) -> None:
        """Begins, and returns. `tell` is called once, here or on another thread, with how to take the result;
        it must neither wait nor raise."""
        try:
            self._begin(tell)
        except Exception as error:
            tell(_raising(error))

    def then(self, change: Callable[[Take[T]], U]) -> Later[U]:
        """What `change` makes of the result once it is there. It is called where the result is taken, and
        what it raises comes out there, as does what it lets out of `take`."""
        begin = self.begin
        return Later(lambda tell: begin(lambda take: tell(lambda: change(take))))

    def result(self) -> T:
        """Begins, and waits. Raises what came instead of the result."""
        done = threading.Lock()
        told: list[Take[T]] = []
        done.acquire()

        def tell(take: Take[T]) -> None:
            told.append(take)
            done.release()

        self.begin(tell)
        done.acquire()
        return told[0]()


def _raising(error: Exception) -> Take[T]:
    def take() -> T:
        raise error

    return take
