"""A session that may be created: what CreateSession and PreviewSession have in common."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.agent import Agent, AgentStatus
from server.core.effective_config import LayerName
from server.core.errors import agent_archived, agent_not_found
from server.core.ids import format_id
from server.core.merge import Layers, Merge, Merged, refuse
from server.core.session import Session, SessionSpec, SessionStatus
from server.core.store import Agents


@dataclass(frozen=True, slots=True)
class Draft:
    """A new session without id and times, its agent, and what the two come to."""

    session: Session
    agent: Agent
    merged: Merged


def draft_session(agents: Agents, merge: Merge, organization_id: bytes, spec: SessionSpec) -> Draft:
    """The session that the spec asks for.

    Raises AGENT_NOT_FOUND, AGENT_ARCHIVED, and for its capabilities whatever `merge.refuse` does.
    """
    agent = _agent(agents, organization_id, spec)
    merged = merge(Layers(agent=agent.capabilities, session=spec.capabilities))
    refuse(merged, LayerName.SESSION)
    session = Session(
        organization_id=organization_id,
        id=b"",
        agent_id=agent.id,
        title=spec.title,
        tags=spec.tags,
        model_id=spec.model_id,
        capabilities=spec.capabilities,
        status=SessionStatus.STARTED,
        created_at=0,
        updated_at=0,
    )
    return Draft(session, agent, merged)


def _agent(agents: Agents, organization_id: bytes, spec: SessionSpec) -> Agent:
    if spec.agent_id is None:
        if spec.agent_name is None:
            raise ValueError("the spec of a new session names an agent")
        agent = agents.find(organization_id, spec.agent_name)
        if agent is None:
            raise agent_not_found(spec.agent_name)
        return agent
    agent = agents.get(organization_id, spec.agent_id)
    if agent is None:
        raise agent_not_found(format_id("agent", spec.agent_id))
    if agent.status is AgentStatus.ARCHIVED:
        raise agent_archived(format_id("agent", spec.agent_id))
    return agent
