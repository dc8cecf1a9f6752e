"""A session, and what a list of sessions may be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from server.core.layer import EMPTY, Layer


class SessionStatus(StrEnum):
    """Where a session stands; moved by turns only."""

    STARTED = "started"
    ACTIVE = "active"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class Session:
    """A conversation in which an agent works. Times are microseconds since 1970.

    `turn_expires_at` is when the lease of the turn that runs does; None while none runs. Of its agent's
    versions it was created with `created_version`, and runs with `pinned_version`, None for the latest.
    `environment` is the id of the core.environment that it was created in; None where that is not known.
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


@dataclass(frozen=True, slots=True)
class Pin:
    """That a session runs with one version of its agent: the latest at the time, or the one named."""

    version: int | None = None


@dataclass(frozen=True, slots=True)
class SessionSpec:
    """What a caller sets of a session. Exactly one of `agent_id` and `agent_name` names the agent of a
    new one; an update has neither. Without a `pin` it runs with the agent's latest version."""

    agent_id: bytes | None = None
    agent_name: str | None = None
    title: str | None = None
    tags: tuple[str, ...] = ()
    model_id: str | None = None
    capabilities: Layer = EMPTY
    pin: Pin | None = None


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
