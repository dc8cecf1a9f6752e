"""PostgreSQL's connections are lost now and then; what can be done again is."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import psycopg
import pytest

from server.core.errors import Reason, ServiceError
from server.core.session import Session
from server.core.session_store import SessionRow
from server.store.migrate import migrate
from server.store.peewee_store import PeeweeStore, open_dialect
from server.store.statement import Statement
from tests.store.at_once import HANG
from tests.store.backends import PostgresBackend
from tests.store.busy import waiting
from tests.store.examples import a_session, create, new_session
from tests.store.writes import WRITES, Kept, Write, everything, new_kept


def rename(store: PeeweeStore, kept: Kept, meanwhile: Callable[[], None]) -> SessionRow | None:
    """Adds to the session's title; the first time, something happens before it is written."""
    first = [meanwhile]

    def change(row: SessionRow) -> Session:
        while first:
            first.pop()()
        return replace(row.session, title=f"{row.session.title}!")

    return store.sessions.update(kept.organization_id, kept.session.id, change, math.inf)


def test_reads_do_not_notice_that_their_connection_is_lost(postgres: PostgresBackend) -> None:
    store = postgres.open()
    kept = new_kept(store)
    before = everything(store, kept.organization_id)
    for _ in range(3):
        postgres.drop_connections()
        assert everything(store, kept.organization_id) == before


@pytest.mark.parametrize("write", WRITES)
def test_writes_do_not_notice_that_the_writers_connection_was_lost(
    postgres: PostgresBackend, write: Write
) -> None:
    store = postgres.open()
    kept = new_kept(store)
    before = everything(store, kept.organization_id)
    postgres.drop_connections()
    write(store, kept, math.inf)
    after = everything(store, kept.organization_id)
    assert after != before
    assert len(after[0]) == after[1]


def test_a_write_whose_connection_is_lost_under_way_is_done_again(postgres: PostgresBackend) -> None:
    store = postgres.open()
    kept = new_kept(store)
    row = rename(store, kept, postgres.drop_connections)
    assert row is not None
    assert row.session.title == "before!"
    assert store.sessions.get(kept.organization_id, kept.session.id) == row


def test_a_group_whose_connection_is_lost_under_way_is_done_again(postgres: PostgresBackend) -> None:
    store = postgres.open()
    kept = new_kept(store)
    writes: list[Callable[[], object]] = [
        partial(create, store, a_session(kept.agent)),
        partial(rename, store, kept, postgres.drop_connections),
        partial(create, store, a_session(kept.agent)),
    ]
    with waiting(store, writes) as futures:
        pass
    assert [future.exception(HANG) for future in futures] == [None] * 3
    sessions, total, *_ = everything(store, kept.organization_id)
    assert len(sessions) == total == 3
    assert sessions[-1].title == "before!"


@pytest.mark.parametrize("others", [0, 2])
def test_a_database_that_goes_away_under_way_is_unavailable_and_nothing_is_written(
    postgres: PostgresBackend, others: int
) -> None:
    store = postgres.open()
    kept = new_kept(store)
    before = everything(store, kept.organization_id)
    gone = postgres.unreachable()
    writes: list[Callable[[], object]] = [partial(rename, store, kept, gone.__enter__)]
    writes += [partial(create, store, a_session(kept.agent)) for _ in range(others)]
    with waiting(store, writes) as futures:
        pass
    errors = [future.exception(HANG) for future in futures]
    assert [isinstance(error, ServiceError) and error.reason for error in errors] == [
        Reason.STORE_UNAVAILABLE
    ] * (others + 1)
    assert not store.is_healthy()
    with pytest.raises(ServiceError) as error:
        new_session(store, kept.agent)
    assert error.value.reason is Reason.STORE_UNAVAILABLE
    gone.__exit__(None, None, None)
    assert store.is_healthy()
    assert everything(store, kept.organization_id) == before
    assert new_session(store, kept.agent).id


def test_a_group_that_the_database_gives_up_for_anothers_sake_is_done_again(
    postgres: PostgresBackend,
) -> None:
    store = postgres.open()
    kept = new_kept(store)
    second = Kept(kept.agent, new_session(store, kept.agent, "before"))
    lock = "SELECT id FROM session WHERE id = %s FOR UPDATE"
    waits = "SELECT pid FROM pg_locks WHERE pid = %s AND NOT granted"
    with (
        psycopg.connect(postgres.url) as other,
        psycopg.connect(postgres.url, autocommit=True) as watcher,
        ThreadPoolExecutor(1) as thread,
    ):
        # The other never gives up, so it is the store that the database chooses.
        other.execute("SET deadlock_timeout = '1h'")
        other.execute(lock, [second.session.id.hex()])

        def take_and_let_go() -> None:
            other.execute(lock, [kept.session.id.hex()])
            other.commit()

        def have_the_other_wait_for_the_store() -> None:
            thread.submit(take_and_let_go)
            while not watcher.execute(waits, [other.info.backend_pid]).fetchone():
                pass

        writes = [
            partial(rename, store, kept, have_the_other_wait_for_the_store),
            partial(rename, store, second, lambda: None),
        ]
        with waiting(store, writes) as futures:
            pass
        rows = [future.result(HANG) for future in futures]
    assert [row and row.session.title for row in rows] == ["before!", "before!"]
    for row in rows:
        assert row is not None
        assert store.sessions.get(kept.organization_id, row.session.id) == row


def test_nothing_is_prepared_where_a_pooler_would_forget_it(postgres: PostgresBackend) -> None:
    for prepare, prepared in [(True, True), (False, False)]:
        dialect = open_dialect(postgres.url, prepare=prepare)
        migrate(dialect)
        store = PeeweeStore(dialect)
        kept = new_kept(store)
        for _ in range(10):
            new_session(store, kept.agent)
            everything(store, kept.organization_id)
        count = dialect.execute(Statement("SELECT COUNT(*) FROM pg_prepared_statements", ()), ()).fetchone()
        assert (count != (0,)) is prepared
        store.close()
