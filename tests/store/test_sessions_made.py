"""A new session is made of the agent that it names, as the transaction finds it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from server.core.agent import Agent, AgentStatus
from server.core.errors import Reason, ServiceError, agent_archived
from server.core.ids import format_id, new_id
from server.core.page import PageRequest
from server.core.session import Session, SessionFilter
from server.core.session_store import SessionRow
from server.core.store import Store
from tests.store.examples import (
    a_layer,
    a_session,
    an_agent,
    create,
    new_agent,
    new_organization,
    new_session,
    now,
    once,
)


def make_noting(seen: list[Agent | None]) -> Callable[[Agent | None], Session]:
    """Makes a session of an agent, and notes which; raises AGENT_ARCHIVED where there is none."""

    def make(agent: Agent | None) -> Session:
        seen.append(agent)
        if agent is None:
            raise agent_archived("agent")
        return a_session(agent, "made")

    return make


@pytest.mark.parametrize("by_id", [True, False])
@pytest.mark.parametrize("key", [None, "key"])
def test_it_is_made_of_the_stored_agent(store: Store, by_id: bool, key: str | None) -> None:
    agent = replace(an_agent(new_organization(store)), capabilities=a_layer(current_time={"timezone": "UTC"}))
    store.agents.create(agent, None, math.inf)
    seen: list[Agent | None] = []
    row = store.sessions.create(
        agent.organization_id,
        agent.id if by_id else agent.name,
        make_noting(seen),
        once(key) if key else None,
        math.inf,
    ).result()
    assert seen == [agent]
    assert isinstance(row, SessionRow)
    assert row.agent_capabilities == agent.capabilities
    assert store.sessions.get(agent.organization_id, row.session.id) == row


def test_an_agent_that_was_changed_is_seen_as_it_is_now(store: Store) -> None:
    agent = new_agent(store, new_organization(store))
    new_session(store, agent)
    changed = replace(agent, capabilities=a_layer(web_fetch=None), name=agent.name + "2")
    store.agents.update(agent.organization_id, agent.id, lambda _: changed, math.inf)
    seen: list[Agent | None] = []
    for named in (agent.id, changed.name):
        row = store.sessions.create(agent.organization_id, named, make_noting(seen), None, math.inf).result()
        assert isinstance(row, SessionRow)
        assert row.agent_capabilities == changed.capabilities
    assert seen == [replace(changed, version=2)] * 2


def test_an_archived_agent_is_found_by_its_id_alone(store: Store) -> None:
    agent = replace(an_agent(new_organization(store)), status=AgentStatus.ARCHIVED)
    store.agents.create(agent, None, math.inf)
    seen: list[Agent | None] = []
    with pytest.raises(ServiceError):
        store.sessions.create(agent.organization_id, agent.name, make_noting(seen), None, math.inf).result()
    store.sessions.create(agent.organization_id, agent.id, make_noting(seen), None, math.inf).result()
    assert seen == [None, agent]


@pytest.mark.parametrize("key", [None, "key"])
def test_where_there_is_no_agent_none_is_handed_over(store: Store, key: str | None) -> None:
    organization = new_organization(store)
    elsewhere = new_agent(store, new_organization(store))
    seen: list[Agent | None] = []
    for named in (new_id(now()), "no such name", "", elsewhere.id, elsewhere.name):
        with pytest.raises(ServiceError) as error:
            store.sessions.create(
                organization, named, make_noting(seen), once(key) if key else None, math.inf
            ).result()
        assert error.value.reason is Reason.AGENT_ARCHIVED
    assert seen == [None] * 5
    assert store.sessions.list(organization, SessionFilter(), PageRequest()).total == 0


@pytest.mark.parametrize("key", [None, "key"])
@pytest.mark.parametrize(
    "error", [ValueError("no"), ServiceError(Reason.INVALID_CONFIG, "no"), KeyError("no")]
)
def test_what_making_raises_comes_out_and_nothing_is_written(
    store: Store, error: Exception, key: str | None
) -> None:
    agent = new_agent(store, new_organization(store))

    def make(_: Agent | None) -> Session:
        raise error

    with pytest.raises(type(error)) as raised:
        store.sessions.create(
            agent.organization_id, agent.id, make, once(key) if key else None, math.inf
        ).result()
    assert raised.value is error
    assert store.sessions.list(agent.organization_id, SessionFilter(), PageRequest()).total == 0
    made = create(store, a_session(agent), once("key", "other"))
    assert isinstance(made, Session)


def test_a_name_is_not_taken_for_an_id(store: Store) -> None:
    organization = new_organization(store)
    agent = new_agent(store, organization)
    other = new_agent(store, organization, format_id("agent", agent.id))
    seen: list[Agent | None] = []
    store.sessions.create(organization, other.name, make_noting(seen), None, math.inf).result()
    assert seen == [other]


@pytest.mark.parametrize("key", [None, "key"])
def test_a_session_of_another_agent_is_not_kept(store: Store, key: str | None) -> None:
    agent = new_agent(store, new_organization(store))
    other = new_agent(store, agent.organization_id)
    with pytest.raises(ValueError, match="agent"):
        store.sessions.create(
            agent.organization_id,
            agent.id,
            lambda _: a_session(other),
            once(key) if key else None,
            math.inf,
        ).result()
    assert store.sessions.list(agent.organization_id, SessionFilter(), PageRequest()).total == 0
