"""An agent with some of its fields changed: what UpdateAgent and PreviewAgentUpdate have in common."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from server.core.agent import Agent, AgentSpec, AgentStatus
from server.core.agent_version import succeed
from server.core.clock import Clock, after
from server.core.errors import agent_already_exists, agent_archived, agent_not_found
from server.core.ids import format_id
from server.core.layer import EMPTY
from server.core.merge import Merge
from server.core.model import ModelTable
from server.core.store import Store
from server.usecases.create_agent import refuse_agent


@dataclass(frozen=True, slots=True)
class AgentUpdate:
    """The fields of an agent that are to be changed, and their values. `fields` are names of AgentSpec, id
    not among them."""

    organization_id: bytes
    id: bytes
    spec: AgentSpec
    fields: AbstractSet[str]


def change_of(
    update: AgentUpdate, merge: Merge, models: ModelTable, clock: Clock
) -> Callable[[Agent], Agent]:
    """What makes the changed agent of an agent; it raises AGENT_ARCHIVED.

    Raises for new capabilities and a new model what `refuse_agent` does.
    """
    spec, fields = update.spec, update.fields
    model = spec.default_model_id if "default_model_id" in fields else None
    layer = spec.capabilities if "capabilities" in fields else EMPTY
    refuse_agent(merge, models, replace(spec, default_model_id=model, capabilities=layer))
    values = {name: getattr(spec, name) for name in fields}

    def change(agent: Agent) -> Agent:
        if agent.status is AgentStatus.ARCHIVED:
            raise agent_archived(format_id("agent", update.id))
        if not fields:
            return agent
        return replace(agent, **values, updated_at=after(agent.updated_at, clock()))

    return change


def draft_change(store: Store, update: AgentUpdate, change: Callable[[Agent], Agent]) -> tuple[Agent, Agent]:
    """The agent as it is, and as it would be; writes nothing.

    Raises AGENT_NOT_FOUND, what `change` does, and AGENT_ALREADY_EXISTS.
    """
    agent = store.agents.get(update.organization_id, update.id)
    if agent is None:
        raise agent_not_found(format_id("agent", update.id))
    changed = succeed(agent, change(agent))
    if changed.name != agent.name and store.agents.find(update.organization_id, changed.name) is not None:
        raise agent_already_exists(format_id("agent", update.id))
    return agent, changed
