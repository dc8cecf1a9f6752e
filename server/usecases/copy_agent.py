"""CopyAgent."""

from __future__ import annotations

from dataclasses import dataclass, replace

from server.core.agent import Agent, AgentStatus
from server.core.audit import Actor
from server.core.clock import Clock
from server.core.errors import agent_not_found
from server.core.idempotency import decode_agent, encode_agent, fingerprint
from server.core.ids import format_id, new_id
from server.core.once import Once, Replay
from server.core.store import Store
from server.usecases.answered import Answered
from server.usecases.free_name import create_under_free_name


@dataclass(frozen=True, slots=True)
class CopyAgent:
    """Creates an agent that is as another one, under a name of its own. Thread-safe."""

    store: Store
    clock: Clock

    def __call__(
        self,
        organization_id: bytes,
        id: bytes,
        request_id: str,
        deadline: float,
        actor: Actor | None = None,
    ) -> Answered[Agent]:
        """The new agent, on disk; the first answer again when a request id is repeated.

        A copy sets nothing that its original has not, so what is wrong there is copied and not refused.
        Raises AGENT_NOT_FOUND, and what `core.agent_store.Agents.create` raises.
        """
        original = self.store.agents.get(organization_id, id)
        if original is None:
            raise agent_not_found(format_id("agent", id))
        now = self.clock()
        new = replace(original, id=new_id(now), status=AgentStatus.ACTIVE, created_at=now, updated_at=now)
        agent = replace(new, version=1)
        once = Once("CopyAgent", request_id, fingerprint(id), encode_agent, now) if request_id else None
        base = f"{original.name}-copy"
        created = create_under_free_name(self.store.agents, agent, base, once, deadline, actor)
        if isinstance(created, Replay):
            return Answered(decode_agent(created.answer), replayed=True)
        return Answered(created)
