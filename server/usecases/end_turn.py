"""EndTurn: a worker is done."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.clock import Clock, after
from server.core.errors import session_not_found
from server.core.ids import format_id
from server.core.session import Session
from server.core.store import Store
from server.core.turn import Turn, TurnOutcome, ended
from server.core.turn_store import SessionTurn
from server.usecases.held_turn import HeldTurn, require_held, require_token


@dataclass(frozen=True, slots=True)
class EndTurn:
    """Ends a turn. Thread-safe."""

    store: Store
    clock: Clock

    def __call__(
        self,
        organization_id: bytes,
        held: HeldTurn,
        outcome: TurnOutcome,
        error: str | None,
        deadline: float,
    ) -> Turn:
        """The turn, ended so; as it is if it had ended so before.

        Raises SESSION_NOT_FOUND, TURN_NOT_FOUND, LEASE_LOST, and what `core.turn_store.Turns.change` raises.
        """

        def end(session: Session, turn: Turn | None) -> Turn:
            found = require_token(held, turn)
            if found.outcome is outcome:
                return found
            running = require_held(held, found)
            return ended(running, outcome, error, after(session.updated_at, self.clock()))

        changed = self.store.turns.change(organization_id, held.session_id, held.id, end, None, deadline)
        if not isinstance(changed, SessionTurn) or changed.turn is None:
            raise session_not_found(format_id("session", held.session_id))
        return changed.turn
