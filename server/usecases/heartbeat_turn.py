"""HeartbeatTurn: a worker is still there, and hears whether to stop."""

from __future__ import annotations

from dataclasses import dataclass, replace

from server.core.clock import Clock
from server.core.errors import session_not_found
from server.core.ids import format_id
from server.core.session import Session
from server.core.store import Store
from server.core.turn import Turn
from server.core.turn_store import SessionTurn
from server.usecases.held_turn import HeldTurn, require_held


@dataclass(frozen=True, slots=True)
class HeartbeatTurn:
    """Extends a lease. Thread-safe."""

    store: Store
    clock: Clock

    def __call__(self, organization_id: bytes, held: HeldTurn, lease: int | None, deadline: float) -> Turn:
        """The turn, with a lease from now on that lasts so many microseconds, or as long as its first one.

        Raises SESSION_NOT_FOUND, TURN_NOT_FOUND, LEASE_LOST, and what `core.turn_store.Turns.change` raises.
        """

        def extend(_: Session, turn: Turn | None) -> Turn:
            running = require_held(held, turn)
            return replace(running, expires_at=self.clock() + (lease or running.lease))

        changed = self.store.turns.change(organization_id, held.session_id, held.id, extend, None, deadline)
        if not isinstance(changed, SessionTurn) or changed.turn is None:
            raise session_not_found(format_id("session", held.session_id))
        return changed.turn
