"""DeleteSession."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.audit import Actor
from server.core.errors import session_not_found
from server.core.ids import format_id
from server.core.store import Store


@dataclass(frozen=True, slots=True)
class DeleteSession:
    """Deletes a session. Thread-safe."""

    store: Store

    def __call__(
        self, organization_id: bytes, id: bytes, deadline: float, actor: Actor | None = None
    ) -> None:
        """Returns when it is gone. Raises SESSION_NOT_FOUND, and what
        `core.session_store.Sessions.delete` raises."""
        if not self.store.sessions.delete(organization_id, id, deadline, actor):
            raise session_not_found(format_id("session", id))
