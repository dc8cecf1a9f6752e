"""A session that may be created: what CreateSession and PreviewSession have in common."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.agent import Agent, AgentStatus
from server.core.effective_config import LayerName
from server.core.errors import agent_archived, agent_not_found
from server.core.ids import format_id
from server.core.merge import Layers, Merge, Merged, refuse
from server.core.model import ModelTable
from server.core.session import Session, SessionSpec, SessionStatus


@dataclass(frozen=True, slots=True)
class Draft:
    """A new session without id and times, its agent, and what the two come to."""

    session: Session
    agent: Agent
    merged: Merged


def agent_of(spec: SessionSpec) -> bytes | str:
    """The id or the name of the agent that a new session is for."""
    agent = spec.agent_id or spec.agent_name
    if agent is None:
        raise ValueError("the spec of a new session names an agent")
    return agent


def draft_session(merge: Merge, models: ModelTable, agent: Agent | None, spec: SessionSpec) -> Draft:
    """The session that the spec asks for, with the agent that it names, None if there is none; with a pin the
    agent is as it was in the version that the session runs with.

    Raises AGENT_NOT_FOUND, AGENT_ARCHIVED, UNKNOWN_MODEL, and for its capabilities whatever
    `merge.refuse` does.
    """
    if agent is None:
        named = agent_of(spec)
        raise agent_not_found(named if isinstance(named, str) else format_id("agent", named))
    if agent.status is AgentStatus.ARCHIVED:
        raise agent_archived(format_id("agent", agent.id))
    merged = merge(Layers(agent=agent.capabilities, session=spec.capabilities))
    refuse(merged, LayerName.SESSION, models.violations("model_id", spec.model_id))
    session = Session(
        organization_id=agent.organization_id,
        id=b"",
        agent_id=agent.id,
        title=spec.title,
        tags=spec.tags,
        model_id=spec.model_id,
        capabilities=spec.capabilities,
        status=SessionStatus.STARTED,
        created_at=0,
        updated_at=0,
        created_version=agent.version,
        pinned_version=agent.version if spec.pin else None,
    )
    return Draft(session, agent, merged)
