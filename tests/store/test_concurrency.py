"""Any method from any thread, and from several processes: here, several stores over one database."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from server.core.agent import Agent, AgentFilter
from server.core.errors import Reason, ServiceError
from server.core.page import PageRequest
from server.core.session import Session, SessionFilter, SessionStatus
from server.core.session_store import SessionRow
from server.store.peewee_store import PeeweeStore
from tests.store.at_once import at_once, outcomes
from tests.store.backends import Backend
from tests.store.examples import (
    a_layer,
    a_name,
    a_session,
    an_agent,
    an_organization,
    create,
    kept,
    new_agent,
    new_organization,
    new_session,
)
from tests.store.listing import read_all, sessions

AGENT_CHANGES: tuple[Callable[[Agent, str], Agent], ...] = (
    lambda agent, text: replace(agent, name=text),
    lambda agent, text: replace(agent, display_name=text),
    lambda agent, text: replace(agent, description=text),
    lambda agent, text: replace(agent, system_prompt=text),
    lambda agent, text: replace(agent, default_model_id=text),
    lambda agent, text: replace(agent, tags=(text,)),
    lambda agent, text: replace(agent, capabilities=a_layer(noop={"text": text})),
    lambda agent, text: replace(agent, updated_at=int(text)),
)
SESSION_CHANGES: tuple[Callable[[Session, str], Session], ...] = (
    lambda session, text: replace(session, title=text),
    lambda session, text: replace(session, tags=(text,)),
    lambda session, text: replace(session, model_id=text),
    lambda session, text: replace(session, capabilities=a_layer(noop={"text": text})),
    lambda session, text: replace(session, status=list(SessionStatus)[int(text) % 3]),
    lambda session, text: replace(session, updated_at=int(text)),
)
TIMES = 10


@pytest.fixture(params=[1, 3])
def stores(request: pytest.FixtureRequest, backend: Backend) -> list[PeeweeStore]:
    """A store, and then three as three processes would have them, over a new database."""
    return [backend.open() for _ in range(request.param)]


def test_all_who_create_an_organization_at_once_get_the_same(stores: list[PeeweeStore]) -> None:
    names = [a_name() for _ in range(TIMES)]

    def create_all(number: int) -> list[bytes]:
        keys = stores[number % len(stores)].keys
        return [keys.create_organization(replace(an_organization(), name=name)).id for name in names]

    results = at_once(8, create_all)
    assert all(ids == results[0] for ids in results)


def test_one_of_all_who_create_an_agent_of_a_name_at_once_succeeds(stores: list[PeeweeStore]) -> None:
    organization = new_organization(stores[0])

    def create_one(number: int) -> Agent:
        agent = an_agent(organization, "the one")
        return kept(stores[number % len(stores)].agents.create(agent, None, math.inf))

    results = outcomes(8, create_one)
    made = [result for result in results if isinstance(result, Agent)]
    refused = [result for result in results if isinstance(result, ServiceError)]
    assert (len(made), len(refused)) == (1, 7)
    assert {error.reason for error in refused} == {Reason.AGENT_ALREADY_EXISTS}
    listed = stores[-1].agents.list(organization, AgentFilter(), PageRequest())
    assert (listed.items, listed.total) == ((made[0],), 1)


def test_all_who_apply_a_name_at_once_change_one_agent(stores: list[PeeweeStore]) -> None:
    organization = new_organization(stores[0])
    names = [f"agent {number}" for number in range(TIMES)]

    def apply(store: PeeweeStore, name: str) -> bytes:
        def change(stored: Agent | None) -> Agent:
            if stored is None:
                return replace(an_agent(organization, name), max_iterations=1)
            return replace(stored, max_iterations=stored.max_iterations + 1)

        return kept(store.agents.apply(organization, None, name, change, None, math.inf)).id

    results = at_once(8, lambda number: [apply(stores[number % len(stores)], name) for name in names])
    assert all(ids == results[0] for ids in results)
    listed = stores[0].agents.list(organization, AgentFilter(), PageRequest())
    assert listed.total == TIMES
    assert [agent.max_iterations for agent in listed.items] == [8] * TIMES


def test_changes_of_different_fields_of_an_agent_at_once_all_hold(stores: list[PeeweeStore]) -> None:
    agent = new_agent(stores[0], new_organization(stores[0]))

    def change(number: int) -> None:
        for count in range(TIMES):

            def one(stored: Agent, text: str = f"{number + 1}{count}") -> Agent:
                changed = AGENT_CHANGES[number](stored, text)
                return replace(changed, max_iterations=changed.max_iterations + 1)

            stores[number % len(stores)].agents.update(agent.organization_id, agent.id, one, math.inf)

    at_once(len(AGENT_CHANGES), change)
    expected = replace(agent, max_iterations=agent.max_iterations + TIMES * len(AGENT_CHANGES))
    for number, change_one in enumerate(AGENT_CHANGES):
        expected = change_one(expected, f"{number + 1}{TIMES - 1}")
    expected = replace(expected, version=1 + TIMES * len(AGENT_CHANGES))
    assert stores[0].agents.get(agent.organization_id, agent.id) == expected


def test_changes_of_different_fields_of_a_session_at_once_all_hold(stores: list[PeeweeStore]) -> None:
    session = new_session(stores[0], new_agent(stores[0], new_organization(stores[0])))

    def change(number: int) -> None:
        for count in range(TIMES):

            def one(row: SessionRow, text: str = f"{number + 1}{count}") -> Session:
                changed = SESSION_CHANGES[number](row.session, text)
                return replace(changed, created_at=changed.created_at + 1)

            stores[number % len(stores)].sessions.update(session.organization_id, session.id, one, math.inf)

    at_once(len(SESSION_CHANGES), change)
    expected = replace(session, created_at=session.created_at + TIMES * len(SESSION_CHANGES))
    for number, change_one in enumerate(SESSION_CHANGES):
        expected = change_one(expected, f"{number + 1}{TIMES - 1}")
    row = stores[0].sessions.get(session.organization_id, session.id)
    assert row is not None
    assert row.session == expected


def test_creates_and_deletes_at_once_are_all_there_and_counted(stores: list[PeeweeStore]) -> None:
    organization = new_organization(stores[0])
    agents = [new_agent(stores[0], organization) for _ in range(3)]

    def create_some(number: int) -> list[Session]:
        store, made = stores[number % len(stores)], []
        for count in range(TIMES):
            made.append(new_session(store, agents[(number + count) % 3]))
            if count % 3 == 2:
                assert store.sessions.delete(organization, made.pop(0).id, math.inf)
        return made

    made = [session for some in at_once(8, create_some) for session in some]
    for store in stores:
        listed = read_all(sessions(store, organization, SessionFilter()), 7)
        assert {session.id: session for session in listed} == {session.id: session for session in made}
        assert len(listed) == len(made)
        assert store.sessions.list(organization, SessionFilter(), PageRequest()).total == len(made)
        by_agent = Counter(session.agent_id for session in made)
        for agent in agents:
            filter = SessionFilter(agent_id=agent.id)
            assert store.sessions.list(organization, filter, PageRequest()).total == by_agent[agent.id]


def test_one_of_all_who_delete_a_session_at_once_did(stores: list[PeeweeStore]) -> None:
    agent = new_agent(stores[0], new_organization(stores[0]))
    made = [new_session(stores[0], agent) for _ in range(TIMES)]

    def delete(number: int) -> list[bool]:
        delete_one = stores[number % len(stores)].sessions.delete
        return [delete_one(agent.organization_id, session.id, math.inf) for session in made]

    for deleted in zip(*at_once(8, delete), strict=True):
        assert deleted.count(True) == 1
    assert stores[0].sessions.list(agent.organization_id, SessionFilter(), PageRequest()).total == 0


def test_writes_that_cross_each_other_all_come_through(stores: list[PeeweeStore]) -> None:
    agent = new_agent(stores[0], new_organization(stores[0]))
    made = [new_session(stores[0], agent) for _ in range(6)]

    def one_more(row: SessionRow) -> Session:
        return replace(row.session, updated_at=row.session.updated_at + 1)

    def change(number: int) -> None:
        store = stores[number % len(stores)]
        # Half of them go through the sessions backwards, so that two hold what the other wants next.
        for session in made[:: 1 if number % 2 else -1] * 5:
            store.sessions.update(agent.organization_id, session.id, one_more, math.inf)
            create(store, a_session(agent))

    at_once(6, change)
    for session in made:
        row = stores[0].sessions.get(agent.organization_id, session.id)
        assert row is not None
        assert row.session.updated_at == session.updated_at + 30
    total = stores[0].sessions.list(agent.organization_id, SessionFilter(), PageRequest()).total
    assert total == len(made) + 6 * 30
