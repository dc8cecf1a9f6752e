"""The result of a write that may have been answered before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answered(Generic[T]):
    """A result, and whether it is the answer of an earlier request with the same idempotency key."""

    value: T
    replayed: bool = False
