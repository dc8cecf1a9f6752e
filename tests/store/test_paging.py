"""Pages by key neither repeat nor skip what was there when the first was made, whatever others do."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from server.core.agent import AgentFilter, AgentStatus
from server.core.page import PageRequest
from server.core.session import Session, SessionFilter, SessionStatus
from server.core.store import Store
from tests.store.at_once import meanwhile
from tests.store.examples import (
    a_key,
    a_session,
    an_agent,
    create,
    new_agent,
    new_organization,
    new_session,
    now,
)
from tests.store.listing import agents, lets_session_through, newest_first, read_all, sessions

FILTERS = [SessionFilter(), SessionFilter(search="title"), SessionFilter(tags=("tag",))]
LONG_AGO, FAR_OFF = 1_000_000, 2**52


def made(store: Store, count: int) -> list[Session]:
    """Sessions of one agent, the newest first."""
    agent = new_agent(store, new_organization(store))
    kept = [a_session(agent, f"Title {number}", ("tag",)) for number in range(count)]
    for session in kept:
        create(store, session)
    return newest_first(kept)


@pytest.mark.parametrize("filter", FILTERS)
def test_pages_go_on_where_the_last_ended_though_its_items_are_gone(
    store: Store, filter: SessionFilter
) -> None:
    expected = made(store, 12)
    organization = expected[0].organization_id
    pages = sessions(store, organization, filter)
    read: list[Session] = []
    after = None
    while len(read) < 12:
        page = pages(PageRequest(4, after=after))
        assert page.total == 12 - len(read)
        read += page.items
        for session in page.items:
            assert store.sessions.delete(organization, session.id, math.inf)
        after = page.next
    assert after is None
    assert read == expected


@pytest.mark.parametrize("filter", FILTERS)
def test_pages_hold_each_session_that_stays_once_while_others_come_and_go(
    store: Store, filter: SessionFilter
) -> None:
    expected = made(store, 60)
    organization = expected[0].organization_id
    going, staying = expected[::3], [s for number, s in enumerate(expected) if number % 3]
    agent = store.agents.get(organization, expected[0].agent_id)
    assert agent is not None
    gone = itertools.chain(going, itertools.repeat(None))

    def come_and_go() -> None:
        title = f"title {now()}"
        create(store, a_session(agent, title, ("tag",)))
        session = next(gone)
        if session is not None:
            store.sessions.delete(organization, session.id, math.inf)

    pages = sessions(store, organization, filter)
    begun = expected[0].created_at
    with meanwhile(come_and_go):
        for size in (1, 2, 3, 5, 8):
            read = read_all(pages, size)
            assert len({session.id for session in read}) == len(read)
            assert read == newest_first(read)
            assert [session for session in read if session in staying] == staying
    assert [s for s in read_all(pages) if s.created_at <= begun and s not in going] == staying


def test_pages_of_agents_hold_each_that_stays_once_while_others_come_and_go(store: Store) -> None:
    organization = new_organization(store)
    at = now()
    # Three of each time, so that ids decide as well.
    staying = newest_first(
        [replace(an_agent(organization, at=at + number // 3), description="found") for number in range(30)]
    )
    for agent in staying:
        store.agents.create(agent, None, math.inf)

    def come_and_go() -> None:
        agent = an_agent(organization)
        store.agents.create(replace(agent, description="found"), None, math.inf)
        archived = replace(agent, status=AgentStatus.ARCHIVED)
        store.agents.update(organization, agent.id, lambda _: archived, math.inf)

    for filter in (AgentFilter(), AgentFilter(include_archived=True), AgentFilter("FOUND")):
        pages = agents(store, organization, filter)
        with meanwhile(come_and_go):
            for size in (1, 3, 7):
                read = read_all(pages, size)
                assert len({agent.id for agent in read}) == len(read)
                assert [agent for agent in read if agent in staying] == staying


def test_counts_are_exact_after_whatever_happened(store: Store) -> None:
    organization = new_organization(store)
    first, second = new_agent(store, organization), new_agent(store, organization)
    elsewhere = new_session(store, new_agent(store, new_organization(store)))

    def counts() -> Sequence[int]:
        filters = (SessionFilter(), SessionFilter(agent_id=first.id), SessionFilter(agent_id=second.id))
        return [store.sessions.list(organization, filter, PageRequest(1)).total for filter in filters]

    assert counts() == [0, 0, 0]
    kept = [new_session(store, agent) for agent in (first, first, second)]
    assert counts() == [3, 2, 1]
    store.sessions.update(
        organization, kept[0].id, lambda row: replace(row.session, title="changed"), math.inf
    )
    assert counts() == [3, 2, 1]
    assert store.sessions.delete(organization, kept[0].id, math.inf)
    assert counts() == [2, 1, 1]
    assert not store.sessions.delete(organization, kept[0].id, math.inf)
    assert not store.sessions.delete(organization, elsewhere.id, math.inf)
    assert counts() == [2, 1, 1]
    for session in kept[1:]:
        assert store.sessions.delete(organization, session.id, math.inf)
    assert counts() == [0, 0, 0]


@pytest.mark.parametrize("parts", [*itertools.product((False, True), repeat=5)])
def test_pages_of_every_filter_hold_each_session_once_while_others_are_created(
    store: Store, parts: tuple[bool, ...]
) -> None:
    organization = new_organization(store)
    key = a_key(organization)
    store.keys.create(key)
    agent, other = new_agent(store, organization), new_agent(store, organization)
    by_agent, by_status, by_text, by_time, by_pin = parts
    filter = SessionFilter(
        agent_id=agent.id if by_agent else None,
        status=SessionStatus.IDLE if by_status else None,
        search="title" if by_text else "",
        tags=("tag",) if by_text else (),
        created_after=LONG_AGO if by_time else None,
        created_before=FAR_OFF if by_time else None,
        pinned=by_pin,
    )
    turn = itertools.cycle(itertools.product((agent, other), SessionStatus, ("Title", None)))

    def come() -> Session:
        its_agent, status, title = next(turn)
        session = a_session(its_agent, title, ("tag", "other") if title else (), status)
        create(store, session)
        if session.id[-1] % 2:
            store.sessions.pin(organization, session.id, key.id, math.inf)
        return session

    def wanted(session: Session) -> bool:
        return lets_session_through(filter, session) and (not by_pin or session.id[-1] % 2 == 1)

    there = newest_first(session for session in [come() for _ in range(48)] if wanted(session))
    pages = sessions(store, organization, filter, key.id)
    with meanwhile(come):
        for size in (1, 4, 7):
            read = read_all(pages, size)
            assert len({session.id for session in read}) == len(read)
            assert read == newest_first(read)
            assert all(map(wanted, read))
            assert [session for session in read if session in there] == there
    assert pages(PageRequest(1)).total == len(read_all(pages))


def test_counts_follow_what_happens_to_the_status(store: Store) -> None:
    organization = new_organization(store)
    first, second = new_agent(store, organization), new_agent(store, organization)
    assert store.sessions.counts(organization, None) == {}
    made = [new_session(store, agent) for agent in (first, first, second)]

    def move(session: Session, status: SessionStatus) -> None:
        store.sessions.update(
            organization, session.id, lambda row: replace(row.session, status=status), math.inf
        )

    def counts(agent_id: bytes | None) -> tuple[int, ...]:
        found = store.sessions.counts(organization, agent_id)
        return tuple(found.get(status, 0) for status in SessionStatus)

    move(made[0], SessionStatus.ACTIVE)
    move(made[2], SessionStatus.IDLE)
    move(made[2], SessionStatus.IDLE)
    assert [counts(of) for of in (None, first.id, second.id)] == [(1, 1, 1), (1, 1, 0), (0, 0, 1)]
    for status, agent in itertools.product(SessionStatus, (None, first, second)):
        filter = SessionFilter(agent_id=agent.id if agent else None, status=status)
        page = store.sessions.list(organization, filter, PageRequest())
        assert page.total == len(page.items)
    for session in made:
        store.sessions.delete(organization, session.id, math.inf)
    assert [counts(of) for of in (None, first.id, second.id)] == [(0, 0, 0)] * 3
