"""A write that returned is there whatever becomes of the process; one that did not happened or did not."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import ExitStack
from functools import partial

from server.core.page import PageRequest
from server.core.session import Session, SessionFilter
from server.core.store import Store
from server.store.statement import Statement
from tests.store.at_once import at_once, elsewhere
from tests.store.backends import Backend
from tests.store.child_process import child
from tests.store.child_program import THREADS
from tests.store.examples import a_name, new_agent, new_organization, new_session
from tests.store.listing import read_all, sessions

# A killed client takes nothing of a PostgreSQL along: there the rounds are about whole transactions.
ROUNDS = {"sqlite": 10, "postgresql": 3}


def all_sessions(store: Store, organization_id: bytes) -> list[Session]:
    """Every session of an organization, as many as are counted."""
    listed = read_all(sessions(store, organization_id, SessionFilter()))
    assert len(listed) == store.sessions.list(organization_id, SessionFilter(), PageRequest()).total
    return listed


def test_what_was_answered_survives_the_death_of_the_process(backend: Backend) -> None:
    store = backend.open()
    agent = new_agent(store, new_organization(store))
    store.close()
    moments = random.Random(20)
    answered: dict[str, str] = {}
    for number in range(ROUNDS[backend.name]):
        names = (agent.organization_id.hex(), agent.id.hex(), f"round {number}".replace(" ", "-"))
        with child("create_until_killed", backend.url, *names) as process:
            lines = [process.hear() for _ in range(moments.randrange(1, 500))]
            lines += process.kill()
        backend.drop_connections()
        for line in lines:
            key, id = line.split()
            assert answered.setdefault(key, id) == id
        store = backend.open()
        listed = all_sessions(store, agent.organization_id)
        ids = {session.title: session.id.hex() for session in listed}
        assert len(ids) == len(listed), "a key made two"
        assert {key: ids.get(key) for key in answered} == answered
        # What else there is was under way: each thread had one at most.
        assert len(ids) <= len(answered) + THREADS * (number + 1)
        by_agent = SessionFilter(agent_id=agent.id)
        assert store.sessions.list(agent.organization_id, by_agent, PageRequest()).total == len(listed)
        store.close()


def test_what_was_written_is_there_when_the_store_opens_again(backend: Backend) -> None:
    store = backend.open()
    agent = new_agent(store, new_organization(store))
    made = [new_session(store, agent, a_name()) for _ in range(5)]
    store.close()
    again = backend.open()
    assert again.agents.get(agent.organization_id, agent.id) == agent
    assert all_sessions(again, agent.organization_id) == made[::-1]
    made.append(new_session(again, agent))
    assert all_sessions(again, agent.organization_id) == made[::-1]


WAITS_FOR_THE_DISK: dict[str, dict[str, int | str]] = {
    "sqlite": {"PRAGMA journal_mode": "wal", "PRAGMA synchronous": 2},
    "postgresql": {"SHOW synchronous_commit": "on"},
}


def test_every_commit_waits_for_the_disk(backend: Backend) -> None:
    backend.open()
    dialect = backend.dialect()

    def value_of(sql: str) -> object:
        return dialect.execute(Statement(sql, ()), ()).fetchone()

    for sql, value in WAITS_FOR_THE_DISK[backend.name].items():
        assert value_of(sql) == elsewhere(partial(value_of, sql)) == (value,)


def test_a_read_sees_what_was_written_in_another_thread(store: Store) -> None:
    agent = new_agent(store, new_organization(store))

    def write_and_have_read(number: int) -> None:
        for _ in range(10):
            session = new_session(store, agent, a_name())
            row = elsewhere(partial(store.sessions.get, agent.organization_id, session.id))
            assert row is not None
            assert row.session == session

    at_once(2, write_and_have_read)


def test_a_read_sees_what_was_written_in_another_process(backend: Backend) -> None:
    store = backend.open()
    agent = new_agent(store, new_organization(store))
    with child("read_titles", backend.url) as process:
        for number in range(30):
            session = new_session(store, agent, f"title {number}")
            process.tell(f"{agent.organization_id.hex()} {session.id.hex()}")
            assert process.hear() == f"title {number}"


def test_processes_that_write_at_once_lose_nothing(backend: Backend) -> None:
    store = backend.open()
    agent = new_agent(store, new_organization(store))
    names = (agent.organization_id.hex(), agent.id.hex(), "12")
    with ExitStack() as stack:
        children = [stack.enter_context(child("create_and_delete", backend.url, *names)) for _ in range(4)]
        assert [process.hear() for process in children] == ["ready"] * 4
        for process in children:
            process.tell()
        ids = [id for process in children for id in process.end()]
    # Four processes of four threads, each of which leaves 8 of 12.
    assert len(ids) == 4 * 4 * 8
    listed = all_sessions(store, agent.organization_id)
    assert Counter(session.id.hex() for session in listed) == Counter(ids)
