"""A turn as its worker names it, and whether it still is that worker's."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.errors import lease_lost, turn_not_found
from server.core.ids import format_id
from server.core.turn import Turn


@dataclass(frozen=True, slots=True)
class HeldTurn:
    """The turn that a worker says it runs, by id and fencing token."""

    session_id: bytes
    id: bytes
    token: int


def require_held(held: HeldTurn, turn: Turn | None) -> Turn:
    """The turn of this id, if it runs. Raises TURN_NOT_FOUND, and LEASE_LOST."""
    found = require_token(held, turn)
    if found.outcome is not None:
        raise lease_lost(f"the turn has ended: {found.outcome}")
    return found


def require_token(held: HeldTurn, turn: Turn | None) -> Turn:
    """The turn of this id, running or not. Raises TURN_NOT_FOUND, and LEASE_LOST for another's token."""
    if turn is None:
        raise turn_not_found(format_id("turn", held.id))
    if turn.token != held.token:
        raise lease_lost("the fencing token is not the turn's")
    return turn
