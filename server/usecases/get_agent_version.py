"""GetAgentVersion."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.agent_version import AgentVersion
from server.core.store import Store
from server.usecases.bound_agent import find_version


@dataclass(frozen=True, slots=True)
class GetAgentVersion:
    """Reads a version of an agent. Thread-safe."""

    store: Store

    def __call__(self, organization_id: bytes, agent_id: bytes, number: int) -> AgentVersion:
        """The version. Raises AGENT_NOT_FOUND and AGENT_VERSION_NOT_FOUND."""
        return find_version(self.store, organization_id, agent_id, number)
