"""UpdateAgent: the named fields of an agent are changed, and no other."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from server.core.agent import Agent, AgentSpec, AgentStatus
from server.core.audit import Actor
from server.core.clock import Clock, after
from server.core.errors import agent_archived, agent_not_found
from server.core.ids import format_id
from server.core.layer import EMPTY
from server.core.merge import Merge
from server.core.model import ModelTable
from server.core.store import Store
from server.usecases.create_agent import refuse_agent


@dataclass(frozen=True, slots=True)
class UpdateAgent:
    """Changes an agent. Thread-safe."""

    store: Store
    merge: Merge
    models: ModelTable
    clock: Clock

    def __call__(
        self,
        organization_id: bytes,
        id: bytes,
        spec: AgentSpec,
        fields: AbstractSet[str],
        deadline: float,
        actor: Actor | None = None,
    ) -> Agent:
        """The agent as it is now. `fields` are names of AgentSpec, id not among.

        Raises AGENT_NOT_FOUND, AGENT_ARCHIVED, for new capabilities and a new model what `refuse_agent`
        does, and what `core.store.Agents.update` raises.
        """
        model = spec.default_model_id if "default_model_id" in fields else None
        layer = spec.capabilities if "capabilities" in fields else EMPTY
        refuse_agent(self.merge, self.models, replace(spec, default_model_id=model, capabilities=layer))
        values = {name: getattr(spec, name) for name in fields}

        def change(agent: Agent) -> Agent:
            if agent.status is AgentStatus.ARCHIVED:
                raise agent_archived(format_id("agent", id))
            if not fields:
                return agent
            return replace(agent, **values, updated_at=after(agent.updated_at, self.clock()))

        agent = self.store.agents.update(organization_id, id, change, deadline, actor)
        if agent is None:
            raise agent_not_found(format_id("agent", id))
        return agent
