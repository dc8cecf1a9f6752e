"""RollbackAgent: an agent becomes what it was in a version, which is a version of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace

from server.core.agent import Agent, AgentStatus
from server.core.agent_version import at_version, succeed
from server.core.audit import Actor
from server.core.clock import Clock, after
from server.core.errors import agent_archived, agent_not_found
from server.core.ids import format_id
from server.core.store import Store
from server.usecases.bound_agent import find_version


@dataclass(frozen=True, slots=True)
class RollbackAgent:
    """Takes an agent back to a version. Thread-safe."""

    store: Store
    clock: Clock

    def __call__(
        self, organization_id: bytes, id: bytes, number: int, deadline: float, actor: Actor | None = None
    ) -> Agent:
        """The agent as it is now, on disk; as it was where nothing differs.

        It has been so before, so what has become wrong with it since is restored and not refused. Raises
        AGENT_NOT_FOUND, AGENT_VERSION_NOT_FOUND, AGENT_ARCHIVED, and what `core.agent_store.Agents.update`
        raises.
        """
        version = find_version(self.store, organization_id, id, number)

        def change(agent: Agent) -> Agent:
            if agent.status is AgentStatus.ARCHIVED:
                raise agent_archived(format_id("agent", id))
            restored = succeed(agent, at_version(agent, version))
            if restored == agent:
                return agent
            return replace(restored, updated_at=after(agent.updated_at, self.clock()))

        agent = self.store.agents.update(organization_id, id, change, deadline, actor)
        if agent is None:
            raise agent_not_found(format_id("agent", id))
        return agent
