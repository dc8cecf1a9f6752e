"""Drift: what a session runs with now that it would not if only itself had changed since it was created."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from server.core.agent import Agent
from server.core.agent_version import AgentChange, diff, version_of
from server.core.comparison import Comparison, compare
from server.core.environment import Environment
from server.core.explanation import Explanation, explain
from server.core.runtime_agent import RuntimeAgent
from server.core.session import Session


class DriftSource(StrEnum):
    """Where drift comes from."""

    AGENT = "agent"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a session runs with besides its own: its agent, of some version, and an environment."""

    agent: Agent
    environment: Environment


@dataclass(frozen=True, slots=True)
class Drift:
    """What differs between a session `then` and `now`; `sources` is empty exactly when nothing does.

    `agent_changes` are all changes of the agent if it is a source, `changed_capabilities` the ids of those,
    in the session then or now, that the catalog defines otherwise if the server is one.
    """

    then: Explanation
    now: Explanation
    comparison: Comparison
    sources: tuple[DriftSource, ...]
    agent_changes: tuple[AgentChange, ...]
    changed_capabilities: tuple[str, ...]


def find_drift(session: Session, then: Surroundings, now: Surroundings) -> Drift:
    """The drift of a session whose surroundings were so when it was created. Pure."""
    before = then.environment.runtime_agent(then.agent, session)
    after = now.environment.runtime_agent(now.agent, session)
    sources: list[DriftSource] = []
    if before.digest != after.digest:
        # What the agent alone would have come to.
        between = then.environment.runtime_agent(now.agent, session)
        if between.digest != before.digest:
            sources.append(DriftSource.AGENT)
        if between.digest != after.digest:
            sources.append(DriftSource.SERVER)
    a, b = explain(before), explain(after)
    by_agent, by_server = DriftSource.AGENT in sources, DriftSource.SERVER in sources
    return Drift(
        then=a,
        now=b,
        comparison=compare(a, b),
        sources=tuple(sources),
        agent_changes=tuple(diff(version_of(then.agent), version_of(now.agent))) if by_agent else (),
        changed_capabilities=_changed(then.environment, now.environment, before, after) if by_server else (),
    )


def _changed(
    then: Environment, now: Environment, before: RuntimeAgent, after: RuntimeAgent
) -> tuple[str, ...]:
    ids = {resolved.capability.id for side in (before, after) for resolved in side.merged.capabilities}
    return tuple(id for id in sorted(ids) if then.catalog.get(id) != now.catalog.get(id))
