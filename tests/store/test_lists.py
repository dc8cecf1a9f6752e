"""Lists hold what their filter lets through, the newest first, and count it."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.agent import Agent, AgentFilter, AgentStatus
from server.core.ids import new_id
from server.core.page import PageRequest
from server.core.session import Session, SessionFilter, SessionStatus
from server.core.store import Store
from tests.store.examples import a_key, a_session, an_agent, create, new_agent, new_organization, now
from tests.store.listing import (
    agents,
    lets_agent_through,
    lets_session_through,
    newest_first,
    read_all,
    sessions,
)
from tests.store.strategies import (
    AGENT_STATUSES,
    FEW_TAGS,
    SEARCHED,
    SESSION_STATUSES,
    in_one_database,
)

# Times that are often the same, so that ids decide.
_FEW_TIMES = st.integers(1, 3).map(lambda step: 1_700_000_000_000_000 + step)


@in_one_database
@given(
    made=st.lists(
        st.tuples(st.booleans(), st.none() | SEARCHED, FEW_TAGS, SESSION_STATUSES, _FEW_TIMES, st.booleans()),
        max_size=8,
    ),
    search=SEARCHED.filter(bool),
    tags=FEW_TAGS.filter(bool),
    status=SESSION_STATUSES,
    times=st.tuples(_FEW_TIMES, _FEW_TIMES),
    size=st.integers(1, 4),
    skip=st.integers(0, 9),
)
def test_sessions_are_those_that_a_filter_lets_through(
    store: Store,
    made: list[tuple[bool, str | None, tuple[str, ...], SessionStatus, int, bool]],
    search: str,
    tags: tuple[str, ...],
    status: SessionStatus,
    times: tuple[int, int],
    size: int,
    skip: int,
) -> None:
    organization = new_organization(store)
    first, second = new_agent(store, organization), new_agent(store, organization)
    key = a_key(organization)
    store.keys.create(key)
    kept: list[Session] = []
    pinned: set[bytes] = set()
    for is_first, title, session_tags, session_status, at, is_pinned in made:
        agent = first if is_first else second
        kept.append(a_session(agent, title, session_tags, session_status, at))
        create(store, kept[-1])
        if is_pinned:
            pinned.add(kept[-1].id)
            assert store.sessions.pin(organization, kept[-1].id, key.id, math.inf)
    for parts in itertools.product((False, True), repeat=7):
        filter = SessionFilter(
            agent_id=first.id if parts[0] else None,
            search=search if parts[1] else "",
            tags=tags if parts[2] else (),
            status=status if parts[3] else None,
            created_after=times[0] if parts[4] else None,
            created_before=times[1] if parts[5] else None,
            pinned=parts[6],
        )
        expected = newest_first(
            session
            for session in kept
            if lets_session_through(filter, session) and (not filter.pinned or session.id in pinned)
        )
        pages = sessions(store, organization, filter, key.id)
        assert read_all(pages) == expected
        assert read_all(pages, size) == expected
        page = pages(PageRequest(size, skip))
        assert list(page.items) == expected[skip : skip + size]
        assert page.total == len(expected)
        assert (page.next is not None) == (skip + size < len(expected))
    rows = store.sessions.list(organization, SessionFilter(), PageRequest(), key.id).items
    assert {row.session.id for row in rows if row.is_pinned} == pinned


@in_one_database
@given(
    made=st.lists(
        st.tuples(SEARCHED, st.none() | SEARCHED, st.none() | SEARCHED, AGENT_STATUSES, _FEW_TIMES),
        unique_by=lambda agent: agent[0],
        max_size=8,
    ),
    search=SEARCHED.filter(bool),
    size=st.integers(1, 4),
    skip=st.integers(0, 9),
)
def test_agents_are_those_that_a_filter_lets_through(
    store: Store,
    made: list[tuple[str, str | None, str | None, AgentStatus, int]],
    search: str,
    size: int,
    skip: int,
) -> None:
    organization = new_organization(store)
    kept: list[Agent] = []
    for name, display_name, description, status, at in made:
        agent = replace(
            an_agent(organization, at=at),
            name=name,
            display_name=display_name,
            description=description,
            status=status,
        )
        kept.append(agent)
        store.agents.create(agent, None, math.inf)
    for include_archived, searched in itertools.product((False, True), repeat=2):
        filter = AgentFilter(search if searched else "", include_archived)
        expected = newest_first(agent for agent in kept if lets_agent_through(filter, agent))
        pages = agents(store, organization, filter)
        assert read_all(pages) == expected
        assert read_all(pages, size) == expected
        page = pages(PageRequest(size, skip))
        assert list(page.items) == expected[skip : skip + size]
        assert page.total == len(expected)
        assert (page.next is not None) == (skip + size < len(expected))


@pytest.mark.parametrize(
    ("title", "search", "found"),
    [
        ("Research Session", "research", True),
        ("Research Session", "SESSION", True),
        ("Research Session", "h s", True),
        ("Research Session", "researchsession", False),
        ("Straße", "STRASSE", True),
        ("STRASSE", "straße", True),
        ("ΟΔΥΣΣΕΥΣ", "οδυσσευς", True),
        ("Ёлка", "ёЛК", True),
        ("crème", "creme", False),
        ("100 % sure", "%", True),
        ("100 sure", "%", False),
        ("a_b", "_", True),
        ("ab", "_", False),
        ("a\\b", "\\", True),
        ("ab", "a%b", False),
        ("ab", "[ab]", False),
        ("ab", "*", False),
        ("it's", "'", True),
        ("🙂🙃", "🙃", True),
        ("🙂", "🙃", False),
        ("", "a", False),
        (None, "a", False),
        (None, "none", False),
    ],
)
def test_a_search_finds_a_title_in_any_case_and_letter_for_letter(
    store: Store, title: str | None, search: str, found: bool
) -> None:
    session = a_session(new_agent(store, new_organization(store)), title)
    create(store, session)
    page = store.sessions.list(session.organization_id, SessionFilter(search=search), PageRequest())
    assert len(page.items) == page.total == int(found)


@pytest.mark.parametrize("searched", ["name", "display_name", "description"])
def test_a_search_for_agents_looks_at_three_texts(store: Store, searched: str) -> None:
    agent = an_agent(new_organization(store), "plain")
    agent = replace(
        agent,
        name="Größe" if searched == "name" else "plain",
        display_name="Größe" if searched == "display_name" else None,
        description="Größe" if searched == "description" else None,
        system_prompt="not here",
        tags=("nor here",),
    )
    store.agents.create(agent, None, math.inf)
    for search, found in [("GRÖSSE", 1), ("here", 0), ("none", 0)]:
        page = store.agents.list(agent.organization_id, AgentFilter(search), PageRequest())
        assert len(page.items) == page.total == found


def test_a_search_for_agents_does_not_run_from_one_text_into_the_next(store: Store) -> None:
    agent = replace(an_agent(new_organization(store), "ends in x"), display_name="y begins this")
    store.agents.create(agent, None, math.inf)
    for separator in ("", " ", "\n", "\t", "\r", "\x1f"):
        filter = AgentFilter(f"x{separator}y")
        assert store.agents.list(agent.organization_id, filter, PageRequest()).total == 0


def test_a_search_follows_a_change(store: Store) -> None:
    agent = new_agent(store, new_organization(store), "before")
    organization = agent.organization_id
    session = a_session(agent, "before")
    create(store, session)
    store.agents.update(organization, agent.id, lambda agent: replace(agent, name="after"), math.inf)
    store.sessions.update(organization, session.id, lambda row: replace(row.session, title="after"), math.inf)
    for search, found in [("AFTER", 1), ("before", 0)]:
        assert store.agents.list(organization, AgentFilter(search), PageRequest()).total == found
        assert store.sessions.list(organization, SessionFilter(search=search), PageRequest()).total == found


def test_an_unknown_agent_has_no_sessions(store: Store) -> None:
    session = a_session(new_agent(store, new_organization(store)))
    create(store, session)
    filter = SessionFilter(agent_id=new_id(now()))
    page = store.sessions.list(session.organization_id, filter, PageRequest())
    assert (page.items, page.total, page.next) == ((), 0, None)


def test_sessions_of_one_microsecond_are_in_the_order_of_their_ids(store: Store) -> None:
    agent = new_agent(store, new_organization(store))
    at = now()
    made = [a_session(agent, at=at + number // 10) for number in range(30)]
    for session in made:
        create(store, session)
    listed = read_all(sessions(store, agent.organization_id, SessionFilter()), size=7)
    assert listed == newest_first(made)


@pytest.mark.parametrize("filter", [SessionFilter(), SessionFilter(search="a"), SessionFilter(tags=("t",))])
def test_a_page_after_an_item_can_pass_over_some(store: Store, filter: SessionFilter) -> None:
    agent = new_agent(store, new_organization(store))
    made = [a_session(agent, "A", ("t",)) for _ in range(7)]
    for session in made:
        create(store, session)
    expected = newest_first(made)
    pages = sessions(store, agent.organization_id, filter)
    for start, skip, size in itertools.product(range(7), range(4), (1, 3, 100)):
        after = (expected[start].created_at, expected[start].id)
        page = pages(PageRequest(size, skip, after))
        assert list(page.items) == expected[start + 1 + skip :][:size]
        assert page.total == 7


def test_a_time_bound_holds_to_the_microsecond(store: Store) -> None:
    agent = new_agent(store, new_organization(store))
    at = now() // 1000 * 1000
    # Some of one millisecond, and one that a clock that stepped back made last.
    times = [at, at + 1, at + 1, at + 999, at + 1000, at - 5_000_000]
    made = [a_session(agent, at=time) for time in times]
    for session in made:
        create(store, session)
    for bound in {time + step for time in times for step in (-1, 0, 1)} | {0, -1, -(2**60), 2**57}:
        for filter in (SessionFilter(created_after=bound), SessionFilter(created_before=bound)):
            pages = sessions(store, agent.organization_id, filter)
            expected = newest_first(session for session in made if lets_session_through(filter, session))
            assert read_all(pages, 2) == expected
            assert pages(PageRequest(1)).total == len(expected)
