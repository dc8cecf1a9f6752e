"""A schema of every earlier version, with data, is brought up to date, also after a process died at it."""

from __future__ import annotations

import itertools
import math
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from peewee import Database, SqliteDatabase

from server.core.once import Replay
from server.core.store import Store
from server.store import models
from server.store.migrate import migrate
from tests.store.at_once import HANG
from tests.store.backends import BACKENDS, Backend
from tests.store.examples import a_session, create, new_session, once
from tests.store.stores_to_copy import fill as fill_every_table
from tests.store.writes import Kept, everything, new_kept

DIRECTORY = Path(models.__file__).with_name("migrations")
ALL = sorted(path.stem for path in DIRECTORY.glob("[0-9]*.py"))
ROOT = Path(__file__).parents[2]
STEP = 8
"""A process dies at every how many statements of an upgrade, each time from the start."""


@pytest.fixture
def full(backend: Backend, request: pytest.FixtureRequest) -> Iterator[Backend]:
    """Another database of the kind, of the newest version."""
    other = BACKENDS[backend.name](request)
    yield other
    other.cleanup()


def fill(store: Store) -> Kept:
    """Some of everything that every version can hold."""
    kept = new_kept(store)
    for number in range(20):
        new_session(store, kept.agent, f"session {number}")
    create(store, a_session(kept.agent, "once"), once("key"))
    assert store.sessions.delete(kept.organization_id, new_session(store, kept.agent).id, math.inf)
    return kept


def columns(database: Database, table: str) -> list[str]:
    """Those of a table; none if there is no such table."""
    return [column.name for column in database.get_columns(table)] if table in database.get_tables() else []


Rows = dict[str, tuple[list[str], list[tuple[object, ...]]]]
"""The columns of each table, and its rows."""


def rows_of(database: Database, places: dict[str, list[str]]) -> Rows:
    """What is in these columns of these tables."""
    # psycopg reads some values as what PostgreSQL does not take for them; texts it takes for anything.
    value = "{}" if isinstance(database, SqliteDatabase) else "{}::text"
    return {
        table: (
            names,
            database.execute_sql(f"SELECT {', '.join(map(value.format, names))} FROM {table}").fetchall(),
        )
        for table, names in places.items()
    }


def copy_rows(source: Database, target: Database) -> Rows:
    """Copies what the older of two databases has a place for; what that is."""
    places = {}
    for model in models.TABLES:
        table = model._meta.table_name
        there = columns(source, table)
        if names := [name for name in columns(target, table) if name in there]:
            places[table] = names
    copied = rows_of(source, places)
    for table, (names, rows) in copied.items():
        marks = ", ".join([target.param] * len(names))
        insert = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks}) ON CONFLICT DO NOTHING"
        for row in rows:
            target.execute_sql(insert, row)
    # Which an old version does not know the keys of.
    copied.pop("session_count", None)
    return copied


@pytest.fixture(params=range(1, len(ALL)), ids=lambda version: f"from {version}")
def old(
    backend: Backend, full: Backend, request: pytest.FixtureRequest, tmp_path: Path
) -> tuple[Backend, Kept, object, Rows]:
    """A database of each earlier version with data in every table; what is kept in it, all that it is to
    have later, and its rows."""
    version: int = request.param
    store = full.open()
    kept = fill(store)
    fill_every_table(full.url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("server.store.migrate._DIRECTORY", tmp_path)
        for name in ALL[:version]:
            shutil.copy(DIRECTORY / f"{name}.py", tmp_path)
        dialect = backend.dialect()
        assert migrate(dialect) == ALL[:version]
        rows = copy_rows(full.dialect().database, dialect.database)
        assert all(found for _, found in rows.values())
    return backend, kept, everything(store, kept.organization_id), rows


def assert_whole(backend: Backend, kept: Kept, wanted: object, rows: Rows) -> None:
    """Checks that a database is of the newest version, has all its data, and takes new."""
    dialect = backend.dialect()
    assert migrate(dialect) == []
    found = rows_of(dialect.database, {table: names for table, (names, _) in rows.items()})
    for table, (_, before) in rows.items():
        assert sorted(found[table][1], key=repr) == sorted(before, key=repr), table
    store = backend.open()
    assert everything(store, kept.organization_id) == wanted
    assert isinstance(create(store, a_session(kept.agent, "again"), once("key")), Replay)
    assert everything(store, kept.organization_id) == wanted
    new_session(store, kept.agent)
    sessions, total, *_ = everything(store, kept.organization_id)
    assert len(sessions) == total == 23


def test_an_upgrade_keeps_the_data(old: tuple[Backend, Kept, object, Rows]) -> None:
    backend, kept, wanted, rows = old
    applied = migrate(backend.dialect())
    assert applied
    assert applied == ALL[-len(applied) :]
    assert_whole(backend, kept, wanted, rows)


# From the first version it runs all statements of all migrations.
@pytest.mark.parametrize("old", [1], ids=["from 1"], indirect=True)
def test_an_upgrade_that_is_killed_at_any_moment_changes_nothing_and_is_done_by_the_next(
    old: tuple[Backend, Kept, object, Rows],
) -> None:
    backend, kept, wanted, rows = old
    before = backend.schema(backend.dialect().database)
    for kills in itertools.count():
        command = [sys.executable, "-m", "tests.store.migrate_killed", backend.url, str(1 + kills * STEP)]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=HANG)
        backend.drop_connections()
        if ended.returncode == 0:
            # It has fewer statements than that.
            break
        assert ended.returncode == -signal.SIGKILL, ended.stderr
        assert backend.schema(backend.dialect().database) == before
    assert kills > 1
    assert_whole(backend, kept, wanted, rows)
