"""Every change of an agent is kept as a version, in order, and sessions read the one they run with."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from server.core.agent import Agent, AgentStatus
from server.core.agent_version import AgentVersion, version_of
from server.core.errors import Reason, ServiceError
from server.core.page import PageRequest
from server.core.session import Session, SessionFilter
from server.core.store import Store
from server.store.peewee_store import PeeweeStore
from server.usecases.bound_agent import bound_agent
from server.usecases.list_agent_versions import ListAgentVersions
from tests.store.at_once import at_once
from tests.store.backends import Backend
from tests.store.examples import (
    a_layer,
    a_session,
    an_agent,
    create,
    kept,
    new_agent,
    new_organization,
    new_session,
    once,
)

TIMES = 10
CHANGES: dict[str, Callable[[Agent], Agent]] = {
    "name": lambda agent: replace(agent, name=f"{agent.name}-2"),
    "display_name": lambda agent: replace(agent, display_name="d"),
    "description": lambda agent: replace(agent, description="d"),
    "system_prompt": lambda agent: replace(agent, system_prompt="p"),
    "default_model_id": lambda agent: replace(agent, default_model_id="m"),
    "tags": lambda agent: replace(agent, tags=("b", "a")),
    "capabilities": lambda agent: replace(agent, capabilities=a_layer(web_fetch={"a": 1}, noop=None)),
    "max_iterations": lambda agent: replace(agent, max_iterations=7),
}
NO_CHANGES: dict[str, Callable[[Agent], Agent]] = {
    "nothing": lambda agent: agent,
    "its time": lambda agent: replace(agent, updated_at=agent.updated_at + 1),
    "its status": lambda agent: replace(agent, status=AgentStatus.ARCHIVED),
    "the same, spelled anew": lambda agent: replace(agent, tags=tuple(agent.tags), capabilities=a_layer()),
}


def versions(store: Store, agent: Agent) -> list[AgentVersion]:
    """All versions of an agent, the first one first."""
    page = store.agent_versions.list(agent.organization_id, agent.id, PageRequest(size=1000))
    assert page.total == len(page.items)
    assert page.next is None
    return [*page.items[::-1]]


def update(store: Store, agent: Agent, change: Callable[[Agent], Agent]) -> Agent:
    """The agent after a change."""
    changed = store.agents.update(agent.organization_id, agent.id, change, math.inf)
    assert changed is not None
    return changed


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_makes_the_next_version(store: Store, change: Callable[[Agent], Agent]) -> None:
    first = new_agent(store, new_organization(store))
    second = update(store, first, change)
    third = update(store, first, lambda _: replace(first, updated_at=second.updated_at + 1))
    assert [agent.version for agent in (first, second, third)] == [1, 2, 3]
    assert versions(store, first) == [version_of(first), version_of(second), version_of(third)]
    assert store.agents.get(first.organization_id, first.id) == third
    assert store.agent_versions.get(first.organization_id, first.id, 2) == version_of(second)


@pytest.mark.parametrize("change", NO_CHANGES.values(), ids=NO_CHANGES)
def test_what_changes_nothing_makes_none(store: Store, change: Callable[[Agent], Agent]) -> None:
    agent = new_agent(store, new_organization(store))
    assert update(store, agent, change).version == 1
    assert versions(store, agent) == [version_of(agent)]


def test_an_apply_makes_one_when_it_changes_something(store: Store) -> None:
    organization = new_organization(store)
    wanted = an_agent(organization)

    def apply(text: str, key: str) -> object:
        def change(_: Agent | None) -> Agent:
            return replace(wanted, system_prompt=text)

        return store.agents.apply(organization, None, wanted.name, change, once(key, text), math.inf)

    for key, text in enumerate(("a", "a", "b", "b", "a")):
        apply(text, str(key))
    # What was asked before is answered, and not done again.
    apply("b", "3")
    assert [version.system_prompt for version in versions(store, wanted)] == ["a", "b", "a"]


def test_a_change_that_fails_makes_none(store: Store) -> None:
    agent = new_agent(store, new_organization(store))
    other = new_agent(store, agent.organization_id)
    with pytest.raises(ServiceError) as refused:
        update(store, agent, lambda stored: replace(stored, name=other.name))
    assert refused.value.reason is Reason.AGENT_ALREADY_EXISTS
    with pytest.raises(ServiceError):
        store.agents.create(replace(other, system_prompt="taken"), None, math.inf)
    assert versions(store, agent) == [version_of(agent)]
    assert versions(store, other) == [version_of(other)]


def test_pages_of_versions_follow_each_other(store: Store) -> None:
    agent = new_agent(store, new_organization(store))

    def next_version() -> None:
        update(store, agent, lambda stored: replace(stored, max_iterations=stored.max_iterations + 1))

    for _ in range(6):
        next_version()
    found: list[int] = []
    page = store.agent_versions.list(agent.organization_id, agent.id, PageRequest(size=3))
    assert page.total == 7
    while page.next is not None:
        found += [version.number for version in page.items]
        # One that is made meanwhile changes nothing for who goes on.
        next_version()
        after = PageRequest(size=3, after=page.next)
        page = store.agent_versions.list(agent.organization_id, agent.id, after)
    found += [version.number for version in page.items]
    assert found == [7, 6, 5, 4, 3, 2, 1]
    assert page.total == 9
    skipped = store.agent_versions.list(agent.organization_id, agent.id, PageRequest(size=2, skip=1))
    assert [version.number for version in skipped.items] == [8, 7]


def test_changes_at_once_make_a_version_each(backend: Backend) -> None:
    stores: list[PeeweeStore] = [backend.open() for _ in range(3)]
    agent = new_agent(stores[0], new_organization(stores[0]))

    def change(number: int) -> list[int]:
        store = stores[number % len(stores)]
        return [
            update(
                store, agent, lambda stored: replace(stored, system_prompt=stored.system_prompt + "+")
            ).version
            for _ in range(TIMES)
        ]

    made = sorted(number for some in at_once(8, change) for number in some)
    assert made == [*range(2, 8 * TIMES + 2)]
    found = versions(stores[0], agent)
    assert [version.number for version in found] == [*range(1, 8 * TIMES + 2)]
    assert [len(version.system_prompt) - len(agent.system_prompt) for version in found] == [
        *range(8 * TIMES + 1)
    ]


def test_a_session_reads_the_version_that_it_runs_with(store: Store) -> None:
    agent = new_agent(store, new_organization(store))
    old, new = a_layer(noop=None), a_layer(current_time={"timezone": "UTC"})
    agent = update(store, agent, lambda stored: replace(stored, capabilities=old))
    following = new_session(store, agent)
    pinned = kept(create(store, replace(a_session(agent), created_version=2, pinned_version=2)))
    update(store, agent, lambda stored: replace(stored, capabilities=new))
    for session, layer in ((following, new), (pinned, old)):
        row = store.sessions.get(session.organization_id, session.id)
        assert row is not None
        assert (row.session, row.agent_capabilities) == (session, layer)
    page = store.sessions.list(agent.organization_id, SessionFilter(agent_id=agent.id), PageRequest())
    assert [row.agent_capabilities for row in page.items] == [old, new]

    def move(session: Session) -> None:
        store.sessions.update(session.organization_id, session.id, lambda _: session, math.inf)

    move(replace(pinned, pinned_version=None))
    move(replace(following, pinned_version=1))
    page = store.sessions.list(agent.organization_id, SessionFilter(agent_id=agent.id), PageRequest())
    assert [row.agent_capabilities for row in page.items] == [new, a_layer()]


def test_what_a_server_had_is_kept_once(store: Store) -> None:
    for id in (-(2**63), 2**63 - 1):
        assert store.environments.get(id) is None
        store.environments.keep(id, "first")
        store.environments.keep(id, "second")
        assert store.environments.get(id) == "first"


def test_an_agent_of_a_process_that_knows_no_versions_has_one(backend: Backend) -> None:
    store = backend.open()
    agent = new_agent(store, new_organization(store))
    session = new_session(store, agent)
    backend.dialect().database.execute_sql("DELETE FROM agent_version")
    organization = agent.organization_id

    def listed() -> list[AgentVersion]:
        return [*ListAgentVersions(store)(organization, agent.id, PageRequest()).items]

    assert listed() == [version_of(agent)]
    assert ListAgentVersions(store)(organization, agent.id, PageRequest(skip=1)).items == ()
    assert bound_agent(store, replace(session, pinned_version=1)) == agent
    changed = update(store, agent, lambda stored: replace(stored, system_prompt="p"))
    assert listed() == [version_of(changed), version_of(agent)]
