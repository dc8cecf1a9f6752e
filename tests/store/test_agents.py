"""Agents are kept as they are, under names that are unique while they are active."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.agent import Agent, AgentFilter, AgentStatus
from server.core.errors import Reason, Resource, ServiceError
from server.core.ids import format_id, new_id
from server.core.page import PageRequest
from server.core.store import Store
from tests.store.examples import an_agent, new_agent, new_organization, now
from tests.store.strategies import (
    AGENT_STATUSES,
    LAYERS,
    OPTIONAL_TEXT,
    TAGS,
    TEXT,
    TIMES,
    in_one_database,
)


@in_one_database
@given(
    agent=st.builds(
        Agent,
        organization_id=st.just(b""),
        id=st.binary(min_size=16, max_size=16),
        name=TEXT,
        display_name=OPTIONAL_TEXT,
        description=OPTIONAL_TEXT,
        system_prompt=TEXT,
        default_model_id=OPTIONAL_TEXT,
        tags=TAGS,
        capabilities=LAYERS,
        max_iterations=st.integers(1, 1000),
        status=AGENT_STATUSES,
        created_at=TIMES,
        updated_at=TIMES,
    )
)
def test_an_agent_comes_back_as_it_was(store: Store, agent: Agent) -> None:
    organization = new_organization(store)
    agent = replace(agent, organization_id=organization)
    assert store.agents.create(agent, None, math.inf) == agent
    assert store.agents.get(organization, agent.id) == agent
    assert store.agents.find(organization, agent.name) == (
        agent if agent.status is AgentStatus.ACTIVE else None
    )
    listed = store.agents.list(organization, AgentFilter(include_archived=True), PageRequest())
    assert listed.items == (agent,)


def test_an_agent_is_as_large_as_the_limits_allow(store: Store) -> None:
    agent = replace(
        an_agent(new_organization(store), name="ñ" * 1024),
        display_name="組" * 682,
        description="🙂" * 2560,
        system_prompt="Ω" * (1024 * 512),
        tags=tuple(f"{number}-" + "т" * 95 for number in range(50)),
    )
    store.agents.create(agent, None, math.inf)
    assert store.agents.get(agent.organization_id, agent.id) == agent
    assert store.agents.find(agent.organization_id, agent.name) == agent


def test_what_there_is_not_is_not_found(store: Store) -> None:
    organization = new_organization(store)
    agent = new_agent(store, organization)
    assert store.agents.get(organization, new_id(now())) is None
    assert store.agents.find(organization, agent.name + "x") is None
    assert store.agents.find(organization, agent.name.upper()) is None
    assert store.agents.update(organization, new_id(now()), lambda agent: agent, math.inf) is None


def refused(error: pytest.ExceptionInfo[ServiceError], name: str) -> None:
    """The error says that there is such an agent, and which was meant."""
    assert error.value.reason is Reason.AGENT_ALREADY_EXISTS
    assert error.value.resource == Resource("agent", name)


def test_a_name_is_taken_by_an_active_agent(store: Store) -> None:
    first = new_agent(store, new_organization(store))
    second = an_agent(first.organization_id, first.name)
    with pytest.raises(ServiceError) as error:
        store.agents.create(second, None, math.inf)
    refused(error, first.name)
    assert store.agents.get(second.organization_id, second.id) is None
    assert store.agents.find(first.organization_id, first.name) == first


@pytest.mark.parametrize("status", AgentStatus)
def test_an_id_is_taken_for_ever(store: Store, status: AgentStatus) -> None:
    first = replace(an_agent(new_organization(store)), status=status)
    store.agents.create(first, None, math.inf)
    second = replace(an_agent(first.organization_id), id=first.id)
    with pytest.raises(ServiceError) as error:
        store.agents.create(second, None, math.inf)
    refused(error, second.name)
    assert store.agents.get(first.organization_id, first.id) == first


def test_an_archived_agent_leaves_its_name(store: Store) -> None:
    first = new_agent(store, new_organization(store))
    archived = store.agents.update(
        first.organization_id, first.id, lambda agent: replace(agent, status=AgentStatus.ARCHIVED), math.inf
    )
    assert archived == replace(first, status=AgentStatus.ARCHIVED)
    assert store.agents.get(first.organization_id, first.id) == archived
    assert store.agents.find(first.organization_id, first.name) is None
    second = new_agent(store, first.organization_id, first.name)
    assert store.agents.find(first.organization_id, first.name) == second


def test_an_archived_agent_does_not_come_back_to_a_name_that_is_taken(store: Store) -> None:
    organization = new_organization(store)
    archived = replace(an_agent(organization), status=AgentStatus.ARCHIVED)
    store.agents.create(archived, None, math.inf)
    new_agent(store, organization, archived.name)
    with pytest.raises(ServiceError) as error:
        store.agents.update(
            organization, archived.id, lambda agent: replace(agent, status=AgentStatus.ACTIVE), math.inf
        )
    refused(error, format_id("agent", archived.id))
    assert store.agents.get(organization, archived.id) == archived


def test_names_that_differ_in_case_or_form_are_different(store: Store) -> None:
    organization = new_organization(store)
    names = ["agent", "Agent", "agent ", "é", "e\N{COMBINING ACUTE ACCENT}", "ß", "ss"]
    agents = [new_agent(store, organization, name) for name in names]
    assert [store.agents.find(organization, name) for name in names] == agents


def test_an_update_keeps_what_it_makes_of_the_stored_agent(store: Store) -> None:
    agent = new_agent(store, new_organization(store))
    later = now()
    wanted = replace(agent, name=agent.name + "2", tags=("a",), display_name="A", updated_at=later)
    wanted = replace(wanted, version=2)
    seen: list[Agent] = []

    def change(stored: Agent) -> Agent:
        seen.append(stored)
        return wanted

    assert store.agents.update(agent.organization_id, agent.id, change, math.inf) == wanted
    assert seen == [agent]
    assert store.agents.get(agent.organization_id, agent.id) == wanted
    assert store.agents.find(agent.organization_id, agent.name) is None
    assert store.agents.find(agent.organization_id, wanted.name) == wanted


def test_an_update_to_a_name_that_is_taken_changes_nothing(store: Store) -> None:
    first = new_agent(store, new_organization(store))
    second = new_agent(store, first.organization_id)
    with pytest.raises(ServiceError) as error:
        store.agents.update(
            second.organization_id, second.id, lambda agent: replace(agent, name=first.name), math.inf
        )
    refused(error, format_id("agent", second.id))
    assert store.agents.get(second.organization_id, second.id) == second


def test_what_a_change_raises_comes_out_and_nothing_is_written(store: Store) -> None:
    agent = new_agent(store, new_organization(store))
    error = ValueError("no")

    def change(stored: Agent | None) -> Agent:
        raise error

    with pytest.raises(ValueError, match="no") as raised:
        store.agents.update(agent.organization_id, agent.id, change, math.inf)
    assert raised.value is error
    for id, name in [(agent.id, agent.name), (None, agent.name), (new_id(now()), "new"), (None, "new")]:
        with pytest.raises(ValueError, match="no") as raised:
            store.agents.apply(agent.organization_id, id, name, change, None, math.inf)
        assert raised.value is error
    listed = store.agents.list(agent.organization_id, AgentFilter(include_archived=True), PageRequest())
    assert listed.items == (agent,)
