"""GetSessionStats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from server.core.session import SessionStatus
from server.core.store import Store


@dataclass(frozen=True, slots=True)
class GetSessionStats:
    """Reads how many sessions there are. Thread-safe."""

    store: Store

    def __call__(self, organization_id: bytes, agent_id: bytes | None) -> Mapping[SessionStatus, int]:
        """How many of each status, of all agents or of one; a status that none has may not be there."""
        return self.store.sessions.counts(organization_id, agent_id)
