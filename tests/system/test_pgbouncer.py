"""The service behind a connection pooler in transaction mode, which gives each transaction any connection."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from tests.system.postgres import Postgres, running_postgres
from tests.system.processes import PATIENCE, run, serving
from tests.system.sessions import Sessions, new_sessions
from tests.system.watcher import Watcher
from tests.wire.harness.call import Call

THREADS = 8
CONNECTIONS = 2
"""How many the pooler has to the database: fewer than threads, so that these take turns."""

CONFIGURATION = """
[databases]
* = host={postgres} user=postgres

[pgbouncer]
listen_addr =
unix_socket_dir = {directory}
auth_type = any
pool_mode = transaction
default_pool_size = {connections}
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """The server behind the pooler."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def pooled(postgres: Postgres, pgbouncer: str) -> Iterator[dict[str, str]]:
    """The settings of a service that reaches the database through a pooler."""
    directory = postgres.data.parent
    file = directory / "pgbouncer.ini"
    text = CONFIGURATION.format(postgres=postgres.sockets, directory=directory, connections=CONNECTIONS)
    file.write_text(text)
    log = directory / "pgbouncer.log"
    pooler = postgres.programs.start([pgbouncer, str(file)], log)
    url = f"postgresql://postgres@/postgres?host={directory}&port=6432"
    try:
        until = time.monotonic() + PATIENCE
        while not (directory / ".s.PGSQL.6432").exists():
            assert pooler.poll() is None, log.read_text()
            assert time.monotonic() < until
            time.sleep(0.05)
        yield {
            "EVERRUNS_DATABASE_URL": url,
            "EVERRUNS_POSTGRES_PREPARE": "off",
            "EVERRUNS_WORKERS": "1",
        }
    finally:
        pooler.terminate()
        pooler.wait(PATIENCE)


def live(sessions: Sessions, number: int) -> str:
    """Makes, changes and reads a session, and deletes every other one; its id."""
    made = sessions.create()
    title = f"session {number}"
    sessions.answer(Call("UpdateSession", {"title": title}, id=made))
    assert sessions.answer(Call("GetSession", id=made)).content["title"] == title
    assert made in sessions.ids()
    if number % 2:
        sessions.answer(Call("DeleteSession", id=made))
    return made


def test_every_kind_of_call_from_many_threads(
    postgres: Postgres, pooled: dict[str, str], tmp_path: Path
) -> None:
    migrated = run(["server", "migrate"], tmp_path, **pooled)
    assert migrated.returncode == 0, migrated.stderr
    with serving(tmp_path, **pooled) as (process, channel):
        sessions = new_sessions(tmp_path, channel, **pooled)
        with ThreadPoolExecutor(THREADS) as pool:
            made = list(pool.map(lambda number: live(sessions, number), range(5 * THREADS)))
        assert sorted(sessions.ids()) == sorted(made[::2])
        assert sessions.total() == len(made[::2])
        assert "Traceback" not in process.errors
        with psycopg.connect(postgres.url) as connection:
            query = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
            row = connection.execute(query).fetchone()
        # The pooler's, and that of this query.
        assert row is not None
        assert row[0] <= CONNECTIONS + 1


def test_watchers_are_told_of_other_processes(pooled: dict[str, str], tmp_path: Path) -> None:
    # The pooler passes no notification on, whether a server leaves LISTEN out or relies on it.
    assert run(["server", "migrate"], tmp_path, **pooled).returncode == 0
    with (
        serving(tmp_path, **pooled) as (looking, over_looking),
        serving(tmp_path, **pooled, EVERRUNS_POSTGRES_NOTIFY="on") as (listening, over_listening),
    ):
        sessions = new_sessions(tmp_path, over_looking, **pooled)
        watchers = [Watcher(channel, sessions) for channel in (over_looking, over_listening)]
        for watcher in watchers:
            watcher.next()
        made = [sessions.over(channel).create() for channel in (over_listening, over_looking)]
        assert [watcher.created(2) for watcher in watchers] == [made, made]
        for process in (looking, listening):
            assert "Traceback" not in process.errors


def test_migrating_twice_at_once(pooled: dict[str, str], tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(lambda _: run(["server", "migrate"], tmp_path, **pooled), range(2)))
    assert [done.returncode for done in ended] == [0, 0], [done.stderr for done in ended]
