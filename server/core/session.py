"""A session, and what a list of sessions may be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from server.core.errors import invalid_field
from server.core.layer import EMPTY, Layer


class SessionStatus(StrEnum):
    """Where a session stands; moved by turns only."""

    STARTED = "started"
    ACTIVE = "active"
    IDLE = "idle"


DAY = 24 * 3600 * 1_000_000
"""A day, in microseconds."""

RETENTION = 30 * DAY
"""For how long a deleted session can be brought back unless the operator says otherwise, in microseconds."""


@dataclass(frozen=True, slots=True)
class Session:
    """A conversation in which an agent works. Times are microseconds since 1970.

    `turn_expires_at` is when the lease of the turn that runs does; None while none runs. Of its agent's
    versions it was created with `created_version`, and runs with `pinned_version`, None for the latest.
    `environment` is the id of the core.environment that it was created in; None where that is not known.
    From `expires_at` on the session is as one that was deleted then; None for never.
    """

    organization_id: bytes
    id: bytes
    agent_id: bytes
    title: str | None
    tags: tuple[str, ...]
    model_id: str | None
    capabilities: Layer
    status: SessionStatus
    created_at: int
    updated_at: int
    turn_expires_at: int | None = None
    created_version: int = 1
    pinned_version: int | None = None
    environment: int | None = None
    expires_at: int | None = None

    def is_there(self, now: int) -> bool:
        """Whether it has not expired by a time."""
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True, slots=True)
class Pin:
    """That a session runs with one version of its agent: the latest at the time, or the one named."""

    version: int | None = None


@dataclass(frozen=True, slots=True)
class SessionSpec:
    """What a caller sets of a session. Exactly one of `agent_id` and `agent_name` names the agent of a
    new one; an update has neither. Without a `pin` it runs with the agent's latest version. At most one of
    `expires_at`, in microseconds since 1970, and `ttl_seconds`, from now, is set."""

    agent_id: bytes | None = None
    agent_name: str | None = None
    title: str | None = None
    tags: tuple[str, ...] = ()
    model_id: str | None = None
    capabilities: Layer = EMPTY
    pin: Pin | None = None
    expires_at: int | None = None
    ttl_seconds: int | None = None

    def expiry(self, now: int) -> int | None:
        """When the session is to expire, asked for at a time. Raises INVALID_FIELD where that has passed."""
        if self.ttl_seconds is not None:
            return now + self.ttl_seconds * 1_000_000
        if self.expires_at is not None and self.expires_at <= now:
            raise invalid_field("expires_at", "must be in the future")
        return self.expires_at


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session with what is computed at every read. `is_pinned` says whether the caller's key has."""

    session: Session
    features: tuple[str, ...]
    is_pinned: bool = False


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """Which sessions a list holds; every condition that is set must hold.

    `search` is contained in the title in any case; `tags` are all among the session's. A session is
    created at `created_after` or later, and before `created_before`, in microseconds since 1970.
    `pinned`: only what the caller's key has pinned.
    """

    agent_id: bytes | None = None
    search: str = ""
    tags: tuple[str, ...] = ()
    status: SessionStatus | None = None
    created_after: int | None = None
    created_before: int | None = None
    pinned: bool = False
