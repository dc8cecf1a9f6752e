"""CreateAgent."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.agent import Agent, AgentSpec, AgentStatus
from server.core.audit import Actor
from server.core.clock import Clock
from server.core.effective_config import LayerName
from server.core.idempotency import decode_agent, encode_agent, fingerprint
from server.core.ids import new_id
from server.core.merge import Layers, Merge, Merged, refuse
from server.core.model import ModelTable
from server.core.once import Once, Replay
from server.core.store import Store
from server.usecases.answered import Answered


def new_agent(organization_id: bytes, spec: AgentSpec, now: int) -> Agent:
    """The agent that a spec asks for, made now."""
    return Agent(
        organization_id=organization_id,
        id=spec.id or new_id(now),
        name=spec.name,
        display_name=spec.display_name,
        description=spec.description,
        system_prompt=spec.system_prompt,
        default_model_id=spec.default_model_id,
        tags=spec.tags,
        capabilities=spec.capabilities,
        max_iterations=spec.max_iterations,
        status=AgentStatus.ACTIVE,
        created_at=now,
        updated_at=now,
    )


def refuse_agent(merge: Merge, models: ModelTable, spec: AgentSpec) -> Merged:
    """What an agent's capabilities come to. Raises all that is wrong with them, as `merge.refuse` does, and
    UNKNOWN_MODEL."""
    merged = merge(Layers(agent=spec.capabilities))
    refuse(merged, LayerName.AGENT, models.violations("default_model_id", spec.default_model_id))
    return merged


def once_for(method: str, spec: AgentSpec, request_id: str, now: int) -> Once[Agent] | None:
    """What makes a write of an agent happen once; None without a request id."""
    if not request_id:
        return None
    named = (spec.id, spec.name, spec.display_name, spec.description, spec.system_prompt)
    content = fingerprint(*named, spec.default_model_id, spec.tags, spec.capabilities, spec.max_iterations)
    return Once(method, request_id, content, encode_agent, now)


@dataclass(frozen=True, slots=True)
class CreateAgent:
    """Creates an agent. Thread-safe."""

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
        """The agent, on disk; the first answer again when a request id is repeated.

        Raises what `refuse_agent` and `core.agent_store.Agents.create` raise.
        """
        refuse_agent(self.merge, self.models, spec)
        now = self.clock()
        once = once_for("CreateAgent", spec, request_id, now)
        created = self.store.agents.create(new_agent(organization_id, spec, now), once, deadline, actor)
        if isinstance(created, Replay):
            return Answered(decode_agent(created.answer), replayed=True)
        return Answered(created)
