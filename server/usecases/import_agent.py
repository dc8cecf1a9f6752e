"""ImportAgent."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.agent import Agent, AgentSpec
from server.core.audit import Actor
from server.core.clock import Clock
from server.core.idempotency import decode_agent
from server.core.merge import Merge
from server.core.model import ModelTable
from server.core.once import Replay
from server.core.store import Store
from server.usecases.answered import Answered
from server.usecases.create_agent import new_agent, once_for, refuse_agent
from server.usecases.free_name import create_under_free_name


@dataclass(frozen=True, slots=True)
class ImportAgent:
    """Creates the agent of a document. Thread-safe."""

    store: Store
    merge: Merge
    models: ModelTable
    clock: Clock

    def __call__(
        self,
        organization_id: bytes,
        spec: AgentSpec,
        named: bool,
        request_id: str,
        deadline: float,
        actor: Actor | None = None,
    ) -> Answered[Agent]:
        """The agent, on disk; the first answer again when a request id is repeated.

        `named` says that its name is the document's own; another is changed to a free one. Raises what
        `refuse_agent` and `core.agent_store.Agents.create` raise.
        """
        refuse_agent(self.merge, self.models, spec)
        now = self.clock()
        agent, once = new_agent(organization_id, spec, now), once_for("ImportAgent", spec, request_id, now)
        if named:
            created = self.store.agents.create(agent, once, deadline, actor)
        else:
            agents = self.store.agents
            created = create_under_free_name(agents, agent, spec.name, once, deadline, actor)
        if isinstance(created, Replay):
            return Answered(decode_agent(created.answer), replayed=True)
        return Answered(created)
