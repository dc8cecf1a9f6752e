"""Writes that wait share a commit; one that comes alone waits for nobody."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from functools import partial

import pytest

from server.core.agent import Agent
from server.core.errors import Reason, ServiceError
from server.core.once import Replay
from server.core.session import Session
from server.core.session_store import SessionRow
from server.store.peewee_store import PeeweeStore
from server.store.writer import LARGEST_GROUP
from tests.store.at_once import HANG
from tests.store.backends import SqliteBackend
from tests.store.busy import busy, in_one_group, wait_until_waiting, waiting
from tests.store.examples import (
    a_session,
    answer,
    create,
    new_agent,
    new_organization,
    new_session,
    once,
)
from tests.store.faults import FaultyDialect
from tests.store.writes import WRITES, Kept, Write, everything, new_kept, written


def creates(store: PeeweeStore, kept: Kept, count: int) -> list[Callable[[], Session | Replay]]:
    """Writes that create a session each."""
    return [partial(create, store, a_session(kept.agent, f"{number}")) for number in range(count)]


@pytest.mark.parametrize(("count", "commits"), [(2, 1), (50, 1), (LARGEST_GROUP, 1), (LARGEST_GROUP + 50, 2)])
def test_creates_that_wait_share_a_commit(
    faulty_store: PeeweeStore, faulty: FaultyDialect, count: int, commits: int
) -> None:
    kept = new_kept(faulty_store)
    with waiting(faulty_store, creates(faulty_store, kept, count)) as futures:
        faulty.commands.clear()
    made = [future.result(HANG) for future in futures]
    # One commit is that of the write that they waited for.
    assert faulty.commands.count("COMMIT") == commits + 1
    sessions, total, *_ = everything(faulty_store, kept.organization_id)
    assert sorted(map(repr, sessions)) == sorted(map(repr, [kept.session, *made]))
    assert total == count + 1


def test_a_group_is_no_larger_than_the_store_was_told(faulty: FaultyDialect) -> None:
    with closing(PeeweeStore(faulty, largest_group=2)) as store:
        kept = new_kept(store)
        with waiting(store, creates(store, kept, 5)) as futures:
            faulty.commands.clear()
        assert all(isinstance(future.result(HANG), Session) for future in futures)
    # 2, 2 and 1, and the one that they waited for.
    assert faulty.commands.count("COMMIT") == 4


@pytest.mark.parametrize("count", [2, 64])
def test_creates_that_wait_share_their_statements(
    faulty_store: PeeweeStore, faulty: FaultyDialect, count: int
) -> None:
    kept = new_kept(faulty_store)
    with waiting(faulty_store, creates(faulty_store, kept, count)) as futures:
        faulty.commands.clear()
        faulty.statements.clear()
    assert all(isinstance(future.result(HANG), Session) for future in futures)
    # The first commit is that of the write that they waited for.
    assert faulty.commands == ["COMMIT", faulty.begin, "COMMIT"]
    assert [sql.startswith('INSERT INTO "session" ') for sql in faulty.statements].count(True) == 1


def test_writes_of_every_kind_share_a_commit(faulty_store: PeeweeStore, faulty: FaultyDialect) -> None:
    # Each upon an organization of its own, so that none is in another's way.
    everyone = [(write, new_kept(faulty_store)) for write in WRITES for _ in range(5)]
    before = [everything(faulty_store, kept.organization_id) for _, kept in everyone]
    writes = [partial(write, faulty_store, kept, math.inf) for write, kept in everyone]
    with waiting(faulty_store, writes) as futures:
        faulty.commands.clear()
    assert [future.exception(HANG) for future in futures] == [None] * len(writes)
    assert faulty.commands.count("COMMIT") == 2
    after = [everything(faulty_store, kept.organization_id) for _, kept in everyone]
    assert all(one != other for one, other in zip(before, after, strict=True))


def test_each_of_a_group_gets_its_own_answer(faulty_store: PeeweeStore) -> None:
    kept = new_kept(faulty_store)
    made = [new_session(faulty_store, kept.agent, f"{number}") for number in range(40)]

    def rename(session: Session) -> SessionRow | None:
        def change(row: SessionRow) -> Session:
            return replace(row.session, title=f"{row.session.title}!")

        return faulty_store.sessions.update(kept.organization_id, session.id, change, math.inf)

    renamed = in_one_group(faulty_store, [partial(rename, session) for session in made])
    layer = kept.agent.capabilities
    assert renamed == [SessionRow(replace(s, title=f"{s.title}!"), layer) for s in made]
    created = in_one_group(faulty_store, creates(faulty_store, kept, 40))
    assert [isinstance(one, Session) and one.title for one in created] == [str(n) for n in range(40)]


def test_changes_of_one_thing_in_a_group_build_on_each_other(faulty_store: PeeweeStore) -> None:
    agent = new_agent(faulty_store, new_organization(faulty_store))

    def add(letter: str) -> Agent | None:
        def change(agent: Agent) -> Agent:
            return replace(agent, system_prompt=agent.system_prompt + letter)

        return faulty_store.agents.update(agent.organization_id, agent.id, change, math.inf)

    in_one_group(faulty_store, [partial(add, letter) for letter in "abcdefgh"])
    stored = faulty_store.agents.get(agent.organization_id, agent.id)
    assert stored == replace(agent, system_prompt=agent.system_prompt + "abcdefgh", version=9)


@pytest.mark.parametrize("others", [0, 1])
def test_one_key_in_a_group_makes_one(faulty_store: PeeweeStore, others: int) -> None:
    agent = new_agent(faulty_store, new_organization(faulty_store))

    def create_once() -> Session | Replay:
        return create(faulty_store, a_session(agent), once("key"))

    def other() -> Session | Replay:
        new_agent(faulty_store, agent.organization_id)
        return Replay(b"")

    results = in_one_group(faulty_store, [create_once] * 10 + [other] * others)[:10]
    made = [result for result in results if isinstance(result, Session)]
    assert len(made) == 1
    assert results.count(Replay(answer(made[0]))) == 9
    assert everything(faulty_store, agent.organization_id)[:2] == (made, 1)


def test_a_write_that_comes_alone_begins_at_once(
    faulty: FaultyDialect, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[str] = []

    class Queue(queue.SimpleQueue[object]):
        def get(self, block: bool = True, timeout: float | None = None) -> object:
            if timeout is not None:
                pauses.append("a queue with a timeout")
            return super().get(block, timeout)

    sleep, wait = time.sleep, threading.Condition.wait

    def noted_sleep(seconds: float) -> None:
        if threading.current_thread().name == "store-writer":
            pauses.append("sleep")
        sleep(seconds)

    def noted_wait(condition: threading.Condition, timeout: float | None = None) -> bool:
        if threading.current_thread().name == "store-writer":
            pauses.append("wait")
        return wait(condition, timeout)

    monkeypatch.setattr(queue, "SimpleQueue", Queue)
    monkeypatch.setattr(time, "sleep", noted_sleep)
    monkeypatch.setattr(threading.Condition, "wait", noted_wait)
    with closing(PeeweeStore(faulty)) as store:
        kept = new_kept(store)
        faulty.commands.clear()
        for write in WRITES:
            write(store, kept, math.inf)
    assert faulty.commands == [faulty.begin, "COMMIT"] * len(WRITES)
    assert pauses == []


@pytest.mark.parametrize("write", WRITES)
def test_a_write_too_many_is_refused(faulty: FaultyDialect, write: Write) -> None:
    with closing(PeeweeStore(faulty, longest_queue=3)) as store:
        kept = new_kept(store)
        before = everything(store, kept.organization_id)
        others = [partial(new_agent, store, new_organization(store)) for _ in range(3)]
        with waiting(store, others) as futures, pytest.raises(ServiceError) as error:
            write(store, kept, math.inf)
        assert error.value.reason is Reason.QUEUE_FULL
        assert error.value.retry_after
        assert [future.exception(HANG) for future in futures] == [None] * 3
        assert everything(store, kept.organization_id) == before
        assert written(store, kept, write)


def test_closing_finishes_what_waits_and_refuses_the_rest(
    sqlite: SqliteBackend, faulty: FaultyDialect
) -> None:
    store = PeeweeStore(faulty)
    kept = new_kept(store)
    count = LARGEST_GROUP + 50
    with ThreadPoolExecutor(1) as thread, waiting(store, creates(store, kept, count)) as futures:
        closed = thread.submit(store.close)
        wait_until_waiting(store, count + 1)
        for write in WRITES:
            with pytest.raises(ServiceError) as error:
                write(store, kept, math.inf)
            assert error.value.reason is Reason.STORE_UNAVAILABLE
        assert not store.is_healthy()
        assert not closed.done()
    assert closed.exception(HANG) is None
    made = [future.result(HANG) for future in futures]
    sessions, total, *_ = everything(sqlite.open(), kept.organization_id)
    assert {session.id for session in sessions} == {kept.session.id} | {
        session.id for session in made if isinstance(session, Session)
    }
    assert total == count + 1


def test_closing_again_does_nothing(faulty: FaultyDialect) -> None:
    store = PeeweeStore(faulty)
    for _ in range(2):
        store.close()
    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(lambda _: store.close(), range(2), timeout=HANG)) == [None, None]


def test_closing_waits_for_the_write_that_is_under_way(faulty: FaultyDialect) -> None:
    store = PeeweeStore(faulty)
    with ThreadPoolExecutor(1) as thread, busy(store):
        closed = thread.submit(store.close)
        wait_until_waiting(store, 1)
        assert not closed.done()
        faulty.commands.clear()
    assert closed.exception(HANG) is None
    assert faulty.commands == ["COMMIT"]
