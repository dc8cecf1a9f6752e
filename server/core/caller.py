"""Who calls: the organization, the key, and what the key may do."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum


class Scope(StrEnum):
    """What a key may do."""

    READ = "read"
    WRITE = "write"
    WORKER = "worker"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Organization:
    """A tenant. Everything belongs to one, and nothing is seen from another."""

    id: bytes
    name: str
    created_at: int


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is kept: never its secret, only the SHA-256 of that. Times are microseconds since 1970.

    `previous_sha256` is of the secret before the last rotation, which works until `previous_expires_at`.
    """

    organization_id: bytes
    id: bytes
    name: str
    sha256: bytes = field(repr=False)
    scopes: frozenset[Scope]
    created_at: int
    expires_at: int | None = None
    last_used_at: int | None = None
    revoked_at: int | None = None
    previous_sha256: bytes | None = field(default=None, repr=False)
    previous_expires_at: int | None = None

    def ends_at(self, sha256: bytes) -> float:
        """When the secret of this digest stops opening anything; 0 if it does not, infinity for never."""
        if self.revoked_at is not None:
            return 0
        end = math.inf if self.expires_at is None else self.expires_at
        if sha256 == self.sha256:
            return end
        if sha256 == self.previous_sha256 and self.previous_expires_at is not None:
            return min(end, self.previous_expires_at)
        return 0


@dataclass(frozen=True, slots=True)
class KeySpec:
    """What a caller may set of a key."""

    name: str
    scopes: frozenset[Scope]
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key, and its secret, which is shown once."""

    key: ApiKey
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyUse:
    """That a key was used, and when."""

    organization_id: bytes
    key_id: bytes
    at: int


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a call."""

    organization_id: bytes
    key_id: bytes
    scopes: frozenset[Scope]
    key_name: str = field(default="", compare=False)
    """What people call the key, which may be another next time."""
