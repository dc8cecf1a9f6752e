"""A write that happens once for an idempotency key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

IDEMPOTENCY_WINDOW = 24 * 3600 * 1_000_000
"""How long an answer is kept for a repeated request, in microseconds."""


@dataclass(frozen=True, slots=True)
class Once(Generic[T]):
    """Makes a write happen once for a key.

    `method` and `key` name the request within its organization; `fingerprint` is the SHA-256 of its
    content; `answer` encodes what is kept for a repeat; `now` is when it came, in microseconds.
    """

    method: str
    key: str
    fingerprint: bytes
    answer: Callable[[T], bytes]
    now: int


@dataclass(frozen=True, slots=True)
class Replay:
    """In place of a result: the request was answered before, with this."""

    answer: bytes
