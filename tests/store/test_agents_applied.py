"""Applying an agent: by id, else by name, else as a new one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from server.core.agent import Agent, AgentFilter, AgentStatus
from server.core.errors import Reason, Resource, ServiceError
from server.core.page import PageRequest
from server.core.store import Store
from tests.store.examples import an_agent, new_agent, new_organization

Change = Callable[[Agent | None], Agent]


def becomes(wanted: Agent, seen: list[Agent | None]) -> Change:
    """A change to another agent under the id that is kept, which notes what it saw."""

    def change(stored: Agent | None) -> Agent:
        seen.append(stored)
        return replace(wanted, id=stored.id) if stored else wanted

    return change


@pytest.mark.parametrize("by_id", [True, False])
def test_what_is_not_there_is_created(store: Store, by_id: bool) -> None:
    wanted = an_agent(new_organization(store))
    seen: list[Agent | None] = []
    applied = store.agents.apply(
        wanted.organization_id,
        wanted.id if by_id else None,
        wanted.name,
        becomes(wanted, seen),
        None,
        math.inf,
    )
    assert seen == [None]
    assert applied == wanted
    assert store.agents.get(wanted.organization_id, wanted.id) == wanted


@pytest.mark.parametrize("by_id", [True, False])
def test_what_is_there_is_changed(store: Store, by_id: bool) -> None:
    stored = new_agent(store, new_organization(store))
    wanted = replace(an_agent(stored.organization_id, stored.name), system_prompt="Be long.")
    seen: list[Agent | None] = []
    applied = store.agents.apply(
        stored.organization_id,
        stored.id if by_id else None,
        stored.name,
        becomes(wanted, seen),
        None,
        math.inf,
    )
    assert seen == [stored]
    assert applied == replace(wanted, id=stored.id, version=2)
    assert store.agents.get(stored.organization_id, stored.id) == applied
    listed = store.agents.list(stored.organization_id, AgentFilter(include_archived=True), PageRequest())
    assert listed.items == (applied,)


def test_an_id_finds_an_archived_agent_and_gives_it_another_name(store: Store) -> None:
    organization = new_organization(store)
    archived = replace(an_agent(organization), status=AgentStatus.ARCHIVED)
    store.agents.create(archived, None, math.inf)
    wanted = an_agent(organization)
    seen: list[Agent | None] = []
    applied = store.agents.apply(
        organization, archived.id, wanted.name, becomes(wanted, seen), None, math.inf
    )
    assert seen == [archived]
    expected = replace(wanted, id=archived.id, version=2)
    assert applied == store.agents.find(organization, wanted.name) == expected


def test_a_name_does_not_find_an_archived_agent(store: Store) -> None:
    organization = new_organization(store)
    archived = replace(an_agent(organization), status=AgentStatus.ARCHIVED)
    store.agents.create(archived, None, math.inf)
    wanted = an_agent(organization, archived.name)
    seen: list[Agent | None] = []
    applied = store.agents.apply(organization, None, wanted.name, becomes(wanted, seen), None, math.inf)
    assert applied == wanted
    assert seen == [None]
    assert store.agents.get(organization, archived.id) == archived


@pytest.mark.parametrize("is_new", [True, False])
def test_a_name_of_another_agent_is_refused(store: Store, is_new: bool) -> None:
    taken = new_agent(store, new_organization(store))
    other = an_agent(taken.organization_id) if is_new else new_agent(store, taken.organization_id)
    wanted = replace(other, name=taken.name)
    with pytest.raises(ServiceError) as error:
        store.agents.apply(taken.organization_id, other.id, taken.name, lambda _: wanted, None, math.inf)
    assert error.value.reason is Reason.AGENT_ALREADY_EXISTS
    assert error.value.resource == Resource("agent", taken.name)
    assert store.agents.get(taken.organization_id, other.id) == (None if is_new else other)
    assert store.agents.find(taken.organization_id, taken.name) == taken
