"""Every write of agents, sessions and turns, upon one agent and a session of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from server.core.agent import Agent, AgentFilter
from server.core.page import PageRequest
from server.core.session import Session, SessionFilter
from server.core.session_store import SessionRow
from server.core.store import Store
from server.core.turn import Turn
from tests.store.examples import (
    a_key,
    a_session,
    a_turn,
    an_agent,
    create,
    new_agent,
    new_organization,
    new_session,
    once,
)
from tests.store.listing import agents, read_all, sessions


@dataclass(frozen=True)
class Kept:
    """An agent of an organization, and a session of it. There is a key that has the organization's id."""

    agent: Agent
    session: Session

    @property
    def organization_id(self) -> bytes:
        """The organization of both."""
        return self.agent.organization_id


Write = Callable[[Store, Kept, float], object]
"""Changes what is kept, or adds to it, before a deadline."""


def new_kept(store: Store) -> Kept:
    """An organization with an agent, a session and a key."""
    agent = new_agent(store, new_organization(store))
    store.keys.create(replace(a_key(agent.organization_id), id=agent.organization_id))
    return Kept(agent, new_session(store, agent, "before"))


def everything(store: Store, organization_id: bytes) -> tuple[list[Session], int, list[Agent], int]:
    """All that an organization has, how many sessions are counted, and how many its key has pinned."""
    pinned = SessionFilter(pinned=True)
    return (
        read_all(sessions(store, organization_id, SessionFilter())),
        store.sessions.list(organization_id, SessionFilter(), PageRequest()).total,
        read_all(agents(store, organization_id, AgentFilter(include_archived=True))),
        store.sessions.list(organization_id, pinned, PageRequest(), organization_id).total,
    )


def create_agent(store: Store, kept: Kept, deadline: float) -> object:
    return store.agents.create(an_agent(kept.organization_id), None, deadline)


def apply_agent(store: Store, kept: Kept, deadline: float) -> object:
    def change(stored: Agent | None) -> Agent:
        return replace(kept.agent, system_prompt="applied")

    return store.agents.apply(
        kept.organization_id, kept.agent.id, kept.agent.name, change, once("applied"), deadline
    )


def update_agent(store: Store, kept: Kept, deadline: float) -> object:
    def change(stored: Agent) -> Agent:
        return replace(stored, system_prompt="updated")

    return store.agents.update(kept.organization_id, kept.agent.id, change, deadline)


def create_session(store: Store, kept: Kept, deadline: float) -> object:
    return create(store, a_session(kept.agent), None, deadline)


def create_session_once(store: Store, kept: Kept, deadline: float) -> object:
    return create(store, a_session(kept.agent), once("created"), deadline)


def update_session(store: Store, kept: Kept, deadline: float) -> object:
    def change(row: SessionRow) -> Session:
        return replace(row.session, title="after")

    return store.sessions.update(kept.organization_id, kept.session.id, change, deadline)


def pin_session(store: Store, kept: Kept, deadline: float) -> object:
    return store.sessions.pin(kept.organization_id, kept.session.id, kept.organization_id, deadline)


def delete_session(store: Store, kept: Kept, deadline: float) -> object:
    return store.sessions.delete(kept.organization_id, kept.session.id, deadline)


def begin_turn(store: Store, kept: Kept, deadline: float) -> object:
    def begin(session: Session, last: Turn | None) -> Turn:
        return a_turn(session)

    return store.turns.change(kept.organization_id, kept.session.id, None, begin, None, deadline)


WRITES: tuple[Write, ...] = (
    create_agent,
    apply_agent,
    update_agent,
    create_session,
    create_session_once,
    update_session,
    pin_session,
    delete_session,
    begin_turn,
)


def written(store: Store, kept: Kept, write: Write) -> bool:
    """Whether the write changes something, now that nothing keeps it from it."""
    before = everything(store, kept.organization_id)
    write(store, kept, math.inf)
    return everything(store, kept.organization_id) != before
