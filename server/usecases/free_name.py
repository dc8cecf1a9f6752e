"""A name for an agent whose caller names none: the first of a few that is free."""

from __future__ import annotations

from dataclasses import replace

from server.core.agent import Agent
from server.core.agent_store import Agents
from server.core.audit import Actor
from server.core.errors import Reason, ServiceError
from server.core.once import Once, Replay

_LONGEST_BASE = 400
"""The most characters of a name that others are made of: with what is added, no name is too long."""


def create_under_free_name(
    agents: Agents,
    agent: Agent,
    base: str,
    once: Once[Agent] | None,
    deadline: float,
    actor: Actor | None = None,
) -> Agent | Replay:
    """Keeps the agent under the first free name of `base`, `base-2` … `base-9`, or else with the end of its
    id after it, whatever name it has; answers it. Raises what `core.agent_store.Agents.create` raises.
    """
    base = base[:_LONGEST_BASE]
    for name in (base, *(f"{base}-{number}" for number in range(2, 10))):
        if agents.find(agent.organization_id, name) is not None:
            continue
        try:
            return agents.create(replace(agent, name=name), once, deadline, actor)
        except ServiceError as error:
            # Another caller may have taken it since; an id that is taken is so under every name.
            if error.reason is not Reason.AGENT_ALREADY_EXISTS:
                raise
    named = replace(agent, name=f"{base}-{agent.id.hex()[-12:]}")
    return agents.create(named, once, deadline, actor)
