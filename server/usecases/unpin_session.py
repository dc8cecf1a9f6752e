"""UnpinSession."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.errors import session_not_found
from server.core.ids import format_id
from server.core.store import Store


@dataclass(frozen=True, slots=True)
class UnpinSession:
    """Takes an API key's pin off a session. Thread-safe."""

    store: Store

    def __call__(self, organization_id: bytes, id: bytes, key_id: bytes, deadline: float) -> None:
        """Returns when it is not pinned, whether or not it was before.

        Raises SESSION_NOT_FOUND, and what `core.session_store.Sessions.unpin` raises.
        """
        if not self.store.sessions.unpin(organization_id, id, key_id, deadline):
            raise session_not_found(format_id("session", id))
