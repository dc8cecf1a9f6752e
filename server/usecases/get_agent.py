"""GetAgent."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.agent import Agent
from server.core.errors import agent_not_found
from server.core.ids import format_id
from server.core.store import Store


@dataclass(frozen=True, slots=True)
class GetAgent:
    """Reads one agent. Thread-safe."""

    store: Store

    def __call__(self, organization_id: bytes, id: bytes) -> Agent:
        """The agent, archived or not. Raises AGENT_NOT_FOUND."""
        agent = self.store.agents.get(organization_id, id)
        if agent is None:
            raise agent_not_found(format_id("agent", id))
        return agent
