"""A session as it is exported and imported: what of it another store needs to have the same."""

from __future__ import annotations

from dataclasses import replace

from server.core.session import Session, SessionStatus

LINE_VERSION = 1
"""The version of the lines that are written, and the only one that is read."""


def as_exported(session: Session) -> Session:
    """The session without the turn that runs in it, since turns are not exported: between turns then."""
    if session.status is not SessionStatus.ACTIVE:
        return session
    return replace(session, status=SessionStatus.IDLE, turn_expires_at=None)
