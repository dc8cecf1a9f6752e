"""ApplyAgent: an agent is created, or becomes what the spec says."""

from __future__ import annotations

from dataclasses import dataclass, replace

from server.core.agent import Agent, AgentSpec
from server.core.audit import Actor
from server.core.clock import Clock, after
from server.core.idempotency import decode_agent
from server.core.merge import Merge
from server.core.model import ModelTable
from server.core.once import Replay
from server.core.store import Store
from server.usecases.answered import Answered
from server.usecases.create_agent import new_agent, once_for, refuse_agent


@dataclass(frozen=True, slots=True)
class ApplyAgent:
    """Creates or replaces an agent. Thread-safe."""

    store: Store
    merge: Merge
    models: ModelTable
    clock: Clock

    def __call__(
        self,
        organization_id: bytes,
        spec: AgentSpec,
        request_id: str,
        deadline: float,
        actor: Actor | None = None,
    ) -> Answered[Agent]:
        """The agent as it is now, on disk; one that is new was created and updated at the same time.

        Raises what `refuse_agent` and `core.agent_store.Agents.apply` raise.
        """
        refuse_agent(self.merge, self.models, spec)
        now = self.clock()

        def change(agent: Agent | None) -> Agent:
            wanted = new_agent(organization_id, spec, now)
            if agent is None:
                return wanted
            updated_at = after(agent.updated_at, now)
            return replace(wanted, id=agent.id, created_at=agent.created_at, updated_at=updated_at)

        once = once_for("ApplyAgent", spec, request_id, now)
        applied = self.store.agents.apply(organization_id, spec.id, spec.name, change, once, deadline, actor)
        if isinstance(applied, Replay):
            return Answered(decode_agent(applied.answer), replayed=True)
        return Answered(applied)
