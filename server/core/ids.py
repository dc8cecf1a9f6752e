"""Ids: a UUID as 16 bytes inside, a prefix and 32 hex digits outside.

Both spell one value. New ids are UUIDv7 (RFC 9562, section 5.7) whose 12 bits after the version hold
the fraction of the millisecond (section 6.2, method 3), so ids sort as their times do to the microsecond.
"""

from __future__ import annotations

import os
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["org", "agent", "session", "turn", "key", "audit", "harness"]

HARNESS_ID = "harness_00000000000000000000000000000001"
"""The public id of the one base layer there is."""

_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62
_RANDOM_MASK = (1 << 62) - 1


class InvalidId(ValueError):
    """A text that is not an id of the kind asked for. Its message says what was expected."""


def new_id(microseconds: int) -> bytes:
    """A new UUIDv7 of a time in microseconds since 1970. Two of one microsecond differ by 62 random bits."""
    return _id(microseconds, int.from_bytes(os.urandom(8), "big") & _RANDOM_MASK)


def first_id(microseconds: int) -> bytes:
    """The least UUIDv7 of a time: `new_id` of this time or later is not less, that of any earlier is.

    A time before 1970, of which there are none, counts as the beginning of 1970.
    """
    return _id(max(microseconds, 0), 0)


def format_id(kind: Kind, key: bytes) -> str:
    """The public spelling of a key, for example `session_0192f3a17c5e7d3e8f0a1b2c3d4e5f60`."""
    return f"{kind}_{key.hex()}"


def _id(microseconds: int, random: int) -> bytes:
    milliseconds, rest = divmod(microseconds, 1000)
    value = (milliseconds << 80) | _VERSION_7 | (rest * 4096 // 1000 << 64) | _VARIANT | random
    return value.to_bytes(16, "big")


def parse_id(kind: Kind, text: str) -> bytes:
    """The key that a public id names: prefix and 32 hex digits, or a hyphenated UUID, in any case.

    Raises InvalidId for anything else, another kind's prefix included.
    """
    prefix, _, digits = text.partition("_")
    # ASCII first: there are letters beyond it whose lower case is within.
    if text.isascii() and prefix.lower() == kind:
        if len(digits) == 36 and digits[8] == digits[13] == digits[18] == digits[23] == "-":
            digits = digits.replace("-", "")
        if len(digits) == 32:
            try:
                key = bytes.fromhex(digits)
            except ValueError:
                key = b""
            # fromhex passes over blanks, so a text with some comes out short.
            if len(key) == 16:
                return key
    shown = text if len(text) <= 60 else text[:57] + "..."
    raise InvalidId(f'must be "{kind}_" and a UUID (32 hex digits, or hyphenated), not "{shown}"')
