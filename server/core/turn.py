"""A turn: one run of a worker in a session, for as long as its lease lasts.

A lease that ran out has ended its turn and left its session idle at that moment, whether or not that is
written down yet: `turn_at` and `session_at` say what is so at a time. Times are microseconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from server.core.session import Session, SessionStatus

DEFAULT_LEASE = 60_000_000
"""How long a lease lasts unless a worker asks for another, in microseconds."""


class TurnOutcome(StrEnum):
    """How a turn ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn. `token` counts the turns of its session from 1; `lease` is how long one lasts.

    While it runs it has `expires_at`; once it has ended, `outcome` and `ended_at`, and maybe `error` where it
    failed.
    """

    organization_id: bytes
    session_id: bytes
    id: bytes
    token: int
    worker: str
    lease: int
    started_at: int
    expires_at: int | None
    cancel_requested_at: int | None = None
    outcome: TurnOutcome | None = None
    error: str | None = None
    ended_at: int | None = None


def turn_at(turn: Turn, now: int) -> Turn:
    """The turn as it is at a time: one whose lease has run out has expired."""
    if turn.expires_at is None or now < turn.expires_at:
        return turn
    return ended(turn, TurnOutcome.EXPIRED, None, turn.expires_at)


def session_at(session: Session, now: int) -> Session:
    """The session as it is at a time: idle where its turn's lease has run out."""
    expires_at = session.turn_expires_at
    return session if expires_at is None or now < expires_at else idle_since(session, expires_at)


def idle_since(session: Session, at: int) -> Session:
    """The session after a turn that ran in it and ended at a time."""
    updated_at = max(session.updated_at, at)
    return replace(session, status=SessionStatus.IDLE, turn_expires_at=None, updated_at=updated_at)


def ended(turn: Turn, outcome: TurnOutcome, error: str | None, ended_at: int) -> Turn:
    """A turn that ran, ended so."""
    return replace(turn, outcome=outcome, error=error, ended_at=ended_at, expires_at=None)


def session_with(session: Session, turn: Turn) -> Session:
    """The session as its last turn has it: active while that runs, then idle."""
    if turn.outcome is None:
        status, changed_at = SessionStatus.ACTIVE, turn.started_at
    else:
        status, changed_at = SessionStatus.IDLE, turn.ended_at or 0
    if session.status is status:
        return replace(session, turn_expires_at=turn.expires_at)
    updated_at = max(session.updated_at, changed_at)
    return replace(session, status=status, turn_expires_at=turn.expires_at, updated_at=updated_at)
