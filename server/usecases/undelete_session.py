"""UndeleteSession."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.audit import Actor
from server.core.errors import session_not_found
from server.core.ids import format_id
from server.core.merge import Merge
from server.core.session import SessionView
from server.core.store import Store
from server.usecases.get_session import view


@dataclass(frozen=True, slots=True)
class UndeleteSession:
    """Brings back sessions that were deleted no longer than `retention` microseconds ago. Thread-safe."""

    store: Store
    merge: Merge
    retention: int

    def __call__(
        self, organization_id: bytes, id: bytes, deadline: float, key_id: bytes, actor: Actor | None = None
    ) -> SessionView:
        """The session as it is now, to an API key.

        Raises SESSION_NOT_FOUND, and what `core.session_store.Sessions.undelete` raises.
        """
        row = self.store.sessions.undelete(organization_id, id, self.retention, deadline, key_id, actor)
        if row is None:
            raise session_not_found(format_id("session", id))
        return view(self.merge, row)
