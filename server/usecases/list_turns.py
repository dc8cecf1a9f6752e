"""ListTurns."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.errors import session_not_found
from server.core.ids import format_id
from server.core.page import Page, PageRequest
from server.core.store import Store
from server.core.turn import Turn


@dataclass(frozen=True, slots=True)
class ListTurns:
    """Reads a page of the turns of a session. Thread-safe."""

    store: Store

    def __call__(self, organization_id: bytes, session_id: bytes, page: PageRequest) -> Page[Turn]:
        """The page, the newest first. Raises SESSION_NOT_FOUND."""
        if self.store.sessions.get(organization_id, session_id) is None:
            raise session_not_found(format_id("session", session_id))
        return self.store.turns.list(organization_id, session_id, page)
