"""GetTurn."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.errors import session_not_found, turn_not_found
from server.core.ids import format_id
from server.core.store import Store
from server.core.turn import Turn


@dataclass(frozen=True, slots=True)
class GetTurn:
    """Reads one turn. Thread-safe."""

    store: Store

    def __call__(self, organization_id: bytes, session_id: bytes, id: bytes) -> Turn:
        """The turn. Raises SESSION_NOT_FOUND and TURN_NOT_FOUND."""
        # A session that has expired may still have its turns.
        if self.store.sessions.get(organization_id, session_id) is None:
            raise session_not_found(format_id("session", session_id))
        turn = self.store.turns.get(organization_id, session_id, id)
        if turn is None:
            raise turn_not_found(format_id("turn", id))
        return turn
