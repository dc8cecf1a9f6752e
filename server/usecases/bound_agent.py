"""The agent of a session, of the version that the session runs with.

Versions never change, so they can be read apart from what else is read or written.
"""

from __future__ import annotations

from server.core.agent import Agent
from server.core.agent_version import AgentVersion, at_version, version_of
from server.core.errors import agent_not_found, agent_version_not_found
from server.core.ids import format_id
from server.core.session import Pin, Session, SessionSpec
from server.core.store import Store
from server.usecases.draft_session import agent_of


def bound_agent(store: Store, session: Session) -> Agent:
    """The agent as the session runs with it: as it is, unless the session is pinned."""
    agent = agent_of_session(store, session)
    return agent if session.pinned_version is None else agent_at(store, agent, session.pinned_version)


def agent_of_session(store: Store, session: Session) -> Agent:
    """The agent as it is."""
    agent = store.agents.get(session.organization_id, session.agent_id)
    if agent is None:
        raise LookupError("a session refers to its agent, and agents are never removed")
    return agent


def agent_at(store: Store, agent: Agent, number: int) -> Agent:
    """The agent as it was in a version that a session has kept."""
    return at_version(agent, find_version(store, agent.organization_id, agent.id, number))


def find_version(store: Store, organization_id: bytes, agent_id: bytes, number: int) -> AgentVersion:
    """The version of an agent. Raises AGENT_NOT_FOUND and AGENT_VERSION_NOT_FOUND."""
    version = store.agent_versions.get(organization_id, agent_id, number)
    if version is not None:
        return version
    agent = store.agents.get(organization_id, agent_id)
    if agent is None:
        raise agent_not_found(format_id("agent", agent_id))
    # An agent that was made during an upgrade, by a process of before, has no version until it changes.
    if agent.version == number:
        return version_of(agent)
    raise agent_version_not_found(format_id("agent", agent_id), number)


def pinned_agent(store: Store, agent: Agent, pin: Pin) -> Agent:
    """The agent of the version that a session is pinned to now. Raises AGENT_VERSION_NOT_FOUND."""
    if pin.version is None or pin.version == agent.version:
        return agent
    return agent_at(store, agent, pin.version)


def named_agent(store: Store, organization_id: bytes, spec: SessionSpec) -> Agent | None:
    """The agent that a new session is for, as it is."""
    named = agent_of(spec)
    if isinstance(named, str):
        return store.agents.find(organization_id, named)
    return store.agents.get(organization_id, named)


def version_to_pin(
    store: Store, organization_id: bytes, spec: SessionSpec
) -> tuple[bytes | str, AgentVersion | None]:
    """The id or name of the agent of a new session, and the version that the spec names; most name none.

    Raises AGENT_VERSION_NOT_FOUND. That there is no such agent is for whoever makes the session to find.
    """
    if spec.pin is None or spec.pin.version is None:
        return agent_of(spec), None
    agent = named_agent(store, organization_id, spec)
    if agent is None:
        return agent_of(spec), None
    return agent.id, find_version(store, organization_id, agent.id, spec.pin.version)
