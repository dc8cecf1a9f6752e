"""The text of an API key: `evr_`, 43 characters of 256 random bits, and a checksum of 6.

The prefix lets secret scanners find a key that leaked; the checksum tells a mistyped key from a wrong
one without asking the store.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import zlib

PREFIX = "evr_"
_SECRET_LENGTH = 43
_LENGTH = len(PREFIX) + _SECRET_LENGTH + 6


def new_key() -> str:
    """A new key. It is shown once; only `digest` of it is kept."""
    secret = base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()
    return PREFIX + secret + _checksum(secret)


def is_well_formed(key: str) -> bool:
    """Whether the text has the form of a key and its checksum is right."""
    secret = key[len(PREFIX) : -6]
    return (
        len(key) == _LENGTH and key.isascii() and key.startswith(PREFIX) and key.endswith(_checksum(secret))
    )


def digest(key: str) -> bytes:
    """The SHA-256 of a key, by which it is stored and found."""
    return hashlib.sha256(key.encode()).digest()


def _checksum(secret: str) -> str:
    # CRC-32 in 30 bits: five bits a character, from an alphabet without look-alikes.
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    value = zlib.crc32(secret.encode("ascii", "replace"))
    return "".join(alphabet[value >> shift & 31] for shift in range(25, -1, -5))
