"""A session as it is exported and imported: what of it another store needs to have the same."""

from __future__ import annotations

from dataclasses import replace

from server.core.session import Session, SessionStatus

LINE_VERSION = 1
"""The version of the lines that are written, and the only one that is read."""


def as_exported(session: Session) -> Session:
    """The session without the turn that runs in it, since turns are not exported: between turns then; and
    without its environment, which is of the store that it was created in."""
    if session.status is SessionStatus.ACTIVE:
        session = replace(session, status=SessionStatus.IDLE, turn_expires_at=None)
    return session if session.environment is None else replace(session, environment=None)
