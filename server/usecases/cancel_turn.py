"""CancelTurn: the worker of a session's turn is asked to stop."""

from __future__ import annotations

from dataclasses import dataclass, replace

from server.core.clock import Clock
from server.core.errors import session_not_found
from server.core.ids import format_id
from server.core.session import Session
from server.core.store import Store
from server.core.turn import Turn
from server.core.turn_store import SessionTurn


@dataclass(frozen=True, slots=True)
class CancelTurn:
    """Asks for a turn to be ended. Thread-safe."""

    store: Store
    clock: Clock

    def __call__(self, organization_id: bytes, session_id: bytes, deadline: float) -> bool:
        """Whether a turn runs, whose worker is told at its next heartbeat.

        Raises SESSION_NOT_FOUND, and what `core.turn_store.Turns.change` raises.
        """

        def ask(_: Session, last: Turn | None) -> Turn | None:
            if last is None or last.outcome is not None or last.cancel_requested_at is not None:
                return last
            return replace(last, cancel_requested_at=self.clock())

        changed = self.store.turns.change(organization_id, session_id, None, ask, None, deadline)
        if not isinstance(changed, SessionTurn):
            raise session_not_found(format_id("session", session_id))
        return changed.turn is not None and changed.turn.outcome is None
