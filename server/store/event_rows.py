"""Changes of sessions as an outbox keeps them: those of a transaction as one JSON text.

It is written by every create, so it is lists without keys, in an order of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from server.core.layer import Layer
from server.core.session import Session, SessionStatus
from server.core.session_event import Before, ChangeKind, SessionChange
from server.core.turn import Turn, TurnOutcome


def changes_text(changes: Sequence[SessionChange]) -> str:
    """The text of changes, which are of one organization."""
    return orjson.dumps([_change(change) for change in changes]).decode()


def read_changes(organization_id: bytes, text: str) -> list[SessionChange]:
    """The changes of a text, which are of this organization."""
    return [_read_change(organization_id, *values) for values in orjson.loads(text)]


def _change(change: SessionChange) -> tuple[object, ...]:
    before = change.before
    return (
        change.kind.value,
        _session(change.session),
        change.paths,
        None if change.turn is None else _turn(change.turn),
        None if before is None else (before.status.value, before.tags),
    )


def _session(session: Session) -> tuple[object, ...]:
    return (
        session.id.hex(),
        session.agent_id.hex(),
        session.title,
        session.tags,
        session.model_id,
        session.capabilities.text,
        session.status.value,
        session.created_at,
        session.updated_at,
        session.turn_expires_at,
    )


def _turn(turn: Turn) -> tuple[object, ...]:
    return (
        turn.id.hex(),
        turn.token,
        turn.worker,
        turn.lease,
        turn.started_at,
        turn.expires_at,
        turn.cancel_requested_at,
        None if turn.outcome is None else turn.outcome.value,
        turn.error,
        turn.ended_at,
    )


# What orjson reads has no types to tell; what is read here was written above.
def _read_change(
    organization_id: bytes,
    kind: str,
    session: list[Any],
    paths: list[str],
    turn: list[Any] | None,
    before: list[Any] | None,
) -> SessionChange:
    changed = _read_session(organization_id, *session)
    return SessionChange(
        ChangeKind(kind),
        changed,
        tuple(paths),
        None if turn is None else _read_turn(changed, *turn),
        None if before is None else Before(SessionStatus(before[0]), tuple(before[1])),
    )


def _read_session(organization_id: bytes, id: str, agent_id: str, *values: Any) -> Session:
    title, tags, model_id, capabilities, status, created_at, updated_at, turn_expires_at = values
    return Session(
        organization_id,
        bytes.fromhex(id),
        bytes.fromhex(agent_id),
        title,
        tuple(tags),
        model_id,
        Layer.parse(capabilities),
        SessionStatus(status),
        created_at,
        updated_at,
        turn_expires_at,
    )


def _read_turn(session: Session, id: str, *values: Any) -> Turn:
    token, worker, lease, started_at, expires_at, cancelled_at, outcome, error, ended_at = values
    return Turn(
        session.organization_id,
        session.id,
        bytes.fromhex(id),
        token,
        worker,
        lease,
        started_at,
        expires_at,
        cancelled_at,
        None if outcome is None else TurnOutcome(outcome),
        error,
        ended_at,
    )
