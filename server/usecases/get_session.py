"""GetSession."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.errors import session_not_found
from server.core.ids import format_id
from server.core.merge import Layers, Merge
from server.core.session import SessionView
from server.core.session_store import SessionRow
from server.core.store import Store


def view(merge: Merge, row: SessionRow) -> SessionView:
    """A stored session with its features as they are now."""
    layers = Layers(agent=row.agent_capabilities, session=row.session.capabilities)
    return SessionView(row.session, merge(layers).features, row.is_pinned)


@dataclass(frozen=True, slots=True)
class GetSession:
    """Reads one session. Thread-safe."""

    store: Store
    merge: Merge

    def __call__(self, organization_id: bytes, id: bytes, key_id: bytes) -> SessionView:
        """The session, as it is to an API key. Raises SESSION_NOT_FOUND."""
        row = self.store.sessions.get(organization_id, id, key_id)
        if row is None:
            raise session_not_found(format_id("session", id))
        return view(self.merge, row)
