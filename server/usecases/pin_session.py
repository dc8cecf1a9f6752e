"""PinSession."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.errors import session_not_found
from server.core.ids import format_id
from server.core.store import Store


@dataclass(frozen=True, slots=True)
class PinSession:
    """Pins a session for an API key. Thread-safe."""

    store: Store

    def __call__(self, organization_id: bytes, id: bytes, key_id: bytes, deadline: float) -> None:
        """Returns when it is pinned, whether or not it was before.

        Raises SESSION_NOT_FOUND, and what `core.session_store.Sessions.pin` raises.
        """
        if not self.store.sessions.pin(organization_id, id, key_id, deadline):
            raise session_not_found(format_id("session", id))
