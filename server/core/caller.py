"""Who calls: the organization, the key, and what the key may do."""

from __future__ import annotations

from dataclasses import dataclass
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
    """A key as it is kept: never the key itself, only its SHA-256. Times are microseconds since 1970."""

    organization_id: bytes
    id: bytes
    name: str
    sha256: bytes
    scopes: frozenset[Scope]
    created_at: int
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a call."""

    organization_id: bytes
    key_id: bytes
    scopes: frozenset[Scope]
