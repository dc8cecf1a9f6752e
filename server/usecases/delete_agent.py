"""DeleteAgent: an agent is archived."""

from __future__ import annotations

from dataclasses import dataclass, replace

from server.core.agent import Agent, AgentStatus
from server.core.audit import Actor
from server.core.clock import Clock, after
from server.core.errors import agent_not_found
from server.core.ids import format_id
from server.core.store import Store


@dataclass(frozen=True, slots=True)
class DeleteAgent:
    """Archives an agent. Thread-safe."""

    store: Store
    clock: Clock

    def __call__(
        self, organization_id: bytes, id: bytes, deadline: float, actor: Actor | None = None
    ) -> None:
        """Returns when it is archived. Raises AGENT_NOT_FOUND, for one that is archived already too."""

        def change(agent: Agent) -> Agent:
            if agent.status is AgentStatus.ARCHIVED:
                raise agent_not_found(format_id("agent", id))
            updated_at = after(agent.updated_at, self.clock())
            return replace(agent, status=AgentStatus.ARCHIVED, updated_at=updated_at)

        if self.store.agents.update(organization_id, id, change, deadline, actor) is None:
            raise agent_not_found(format_id("agent", id))
