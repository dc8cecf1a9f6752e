"""Identifiers: a prefix and a UUIDv7 (RFC 9562), in order of time, so that new rows append to the index."""

from __future__ import annotations

import os
import time
import uuid


def new_uuid() -> uuid.UUID:
    """A new UUIDv7."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = milliseconds << 80 | random
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)


def render(prefix: str, value: uuid.UUID) -> str:
    """`session_` and 32 hex digits, for example."""
    return f"{prefix}_{value.hex}"


def parse(prefix: str, text: str) -> uuid.UUID:
    """Raises `ValueError` when the prefix or the UUID is wrong."""
    head, _, tail = text.partition("_")
    if head != prefix:
        raise ValueError(f"expected an id that begins with {prefix}_")
    return uuid.UUID(tail)
