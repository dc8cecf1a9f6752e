"""Spans of what is done for a call, where calls are traced."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from server.core.later import Later

T = TypeVar("T")


class Spans(Protocol):
    """Makes spans within that of the thread's call; none on a thread that has no call. Thread-safe."""

    def within(self, name: str) -> AbstractContextManager[None]:
        """Begins a span of this name, and ends it with the context."""

    def until_there(self, name: str, later: Later[T]) -> Later[T]:
        """The same result, with a span from when it is begun to when it is there; wherever that is, the span
        is within the call's of the thread that asks now."""
