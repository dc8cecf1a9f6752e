"""UpdateAgent: the named fields of an agent are changed, and no other."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from server.core.agent import Agent, AgentSpec, AgentStatus
from server.core.clock import Clock, after
from server.core.effective_config import LayerName
from server.core.errors import agent_archived, agent_not_found
from server.core.ids import format_id
from server.core.merge import Layers, Merge, refuse
from server.core.store import Store


@dataclass(frozen=True, slots=True)
class UpdateAgent:
    """Changes an agent. Thread-safe."""

    store: Store
    merge: Merge
    clock: Clock

    def __call__(
        self,
        organization_id: bytes,
        id: bytes,
        spec: AgentSpec,
        fields: AbstractSet[str],
        deadline: float,
    ) -> Agent:
        """The agent as it is now. `fields` are names of AgentSpec, id not among.

        Raises AGENT_NOT_FOUND, AGENT_ARCHIVED, for new capabilities whatever `merge.refuse` does, and
        what `core.store.Agents.update` raises.
        """
        if "capabilities" in fields:
            refuse(self.merge(Layers(agent=spec.capabilities)), LayerName.AGENT)
        values = {name: getattr(spec, name) for name in fields}

        def change(agent: Agent) -> Agent:
            if agent.status is AgentStatus.ARCHIVED:
                raise agent_archived(format_id("agent", id))
            if not fields:
                return agent
            return replace(agent, **values, updated_at=after(agent.updated_at, self.clock()))

        agent = self.store.agents.update(organization_id, id, change, deadline)
        if agent is None:
            raise agent_not_found(format_id("agent", id))
        return agent
