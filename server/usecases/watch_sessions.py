"""WatchSessions: where a watcher begins, what follows, and a session as an event has it."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.merge import Merge
from server.core.session import Session, SessionView
from server.core.session_event import Position, SessionEvent
from server.core.session_store import SessionRow
from server.core.store import Store
from server.usecases.bound_agent import bound_agent
from server.usecases.get_session import view


@dataclass(frozen=True, slots=True)
class WatchSessions:
    """Reads the events of sessions. Thread-safe. Each method raises STORE_UNAVAILABLE."""

    store: Store
    merge: Merge

    def begin(self, organization_id: bytes, resumed: Position | None) -> tuple[Position, bool]:
        """Where a watcher begins that resumes from a place, or from now; and whether what came after the
        place is not all there any more."""
        events = self.store.session_events
        if resumed is not None and events.holds(organization_id, resumed):
            return resumed, False
        return events.newest(organization_id), resumed is not None

    def after(self, organization_id: bytes, number: int, rows: int) -> list[SessionEvent] | None:
        """The events after a number, those of so many transactions at most; None where the next is not there
        any more."""
        events = self.store.session_events.after(organization_id, number, rows)
        return None if events and events[0].number != number + 1 else events

    def view(self, session: Session) -> SessionView:
        """The session with its features as they are now, pinned for nobody."""
        return view(self.merge, SessionRow(session, bound_agent(self.store, session).capabilities))
