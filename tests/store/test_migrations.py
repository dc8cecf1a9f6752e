"""Migrations make the schema that the models say, once, whole or not at all."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from peewee import Database

from server.core.agent import Agent
from server.core.agent_version import version_of
from server.core.page import PageRequest
from server.core.session import SessionFilter, SessionStatus
from server.store import models
from server.store.migrate import SchemaTooNew, SchemaTooOld, migrate, require_current
from server.store.rows import agent_values, session_values
from server.store.statement import Bound
from tests.store.at_once import HANG, elsewhere
from tests.store.backends import BACKENDS, Backend, SqliteBackend
from tests.store.child_process import child
from tests.store.examples import a_session, an_agent, an_organization, create
from tests.store.listing import read_all, sessions
from tests.store.writes import everything, new_kept

ALL = sorted(path.stem for path in Path(models.__file__).with_name("migrations").glob("[0-9]*.py"))
HALF = """
def up(migrator, database):
    database.execute_sql("CREATE TABLE half (id INTEGER)")
    database.execute_sql("ALTER TABLE session ADD COLUMN half INTEGER")
    raise RuntimeError("half way")
"""
WHOLE = HALF.replace('    raise RuntimeError("half way")\n', "")


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that migrations are taken from, with those that there are."""
    directory = tmp_path / "migrations"
    source = Path(models.__file__).with_name("migrations")
    shutil.copytree(source, directory, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr("server.store.migrate._DIRECTORY", directory)
    return directory


def with_prompt(text: str) -> Callable[[Agent], Agent]:
    """A change of an agent's prompt."""
    return lambda agent: replace(agent, system_prompt=text)


def tables(backend: Backend, database: Database) -> list[str]:
    """The schema, without what keeps the migrations themselves."""
    return [line for line in backend.schema(database) if "schema_migration" not in line]


def test_a_new_database_is_as_the_models_say(backend: Backend, request: pytest.FixtureRequest) -> None:
    assert migrate(backend.dialect()) == ALL
    other = BACKENDS[backend.name](request)
    try:
        database = other.dialect().database
        with database.bind_ctx(models.TABLES):
            for model in models.TABLES:
                model.create_table(safe=False)
        wanted = tables(other, database)
    finally:
        other.cleanup()
    assert tables(backend, backend.dialect().database) == wanted
    for model in models.TABLES:
        assert any(model._meta.table_name in line for line in wanted)


def test_migrating_again_does_nothing(backend: Backend) -> None:
    store = backend.open()
    kept = new_kept(store)
    before = everything(store, kept.organization_id), backend.schema(backend.dialect().database)
    for _ in range(2):
        assert migrate(backend.dialect()) == []
    assert (everything(store, kept.organization_id), backend.schema(backend.dialect().database)) == before


def test_processes_that_migrate_at_once_do_it_once(backend: Backend) -> None:
    with ExitStack() as stack:
        children = [stack.enter_context(child("migrate_when_told", backend.url)) for _ in range(8)]
        assert [process.hear() for process in children] == ["ready"] * 8
        for process in children:
            process.tell()
        applied = [json.loads(line) for process in children for line in process.end()]
    assert sorted(applied) == [[]] * 7 + [ALL]
    new_kept(backend.open())


def test_a_new_file_that_another_process_is_writing_to_is_waited_for(sqlite: SqliteBackend) -> None:
    with ThreadPoolExecutor(1) as thread:
        with sqlite.locked():
            applied = thread.submit(lambda: migrate(sqlite.dialect()))
            # One that does not wait has failed by then.
            wait([applied], timeout=0.3)
        assert applied.result(HANG) == ALL


def test_a_schema_of_a_newer_version_is_left_alone(
    backend: Backend, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (directory / "9998_newer.py").write_text(WHOLE)
    (directory / "9999_newest.py").write_text("def up(migrator, database):\n    pass\n")
    assert migrate(backend.dialect()) == [*ALL, "9998_newer", "9999_newest"]
    before = backend.schema(backend.dialect().database)
    monkeypatch.undo()
    for look in (migrate, require_current):
        with pytest.raises(SchemaTooNew, match="9998_newer, 9999_newest"):
            look(backend.dialect())
    assert backend.schema(backend.dialect().database) == before


def test_a_schema_of_an_older_version_is_told(backend: Backend, directory: Path) -> None:
    with pytest.raises(SchemaTooOld, match=ALL[-1]):
        require_current(backend.dialect())
    migrate(backend.dialect())
    require_current(backend.dialect())
    (directory / "9999_newer.py").write_text(WHOLE)
    before = backend.schema(backend.dialect().database)
    with pytest.raises(SchemaTooOld, match="9999_newer"):
        require_current(backend.dialect())
    assert backend.schema(backend.dialect().database) == before


def die_half_way_and_migrate(backend: Backend, directory: Path) -> list[str]:
    """Migrates twice in vain, and then well; what was applied."""
    before = backend.schema(backend.dialect().database)
    (directory / "9998_before.py").write_text("def up(migrator, database):\n    pass\n")
    (directory / "9999_half.py").write_text(HALF)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="half way"):
            migrate(backend.dialect())
        assert backend.schema(backend.dialect().database) == before
    (directory / "9999_half.py").write_text(WHOLE)
    # Nothing is locked either, for others.
    applied = elsewhere(lambda: migrate(backend.dialect()))
    assert any("half" in line for line in tables(backend, backend.dialect().database))
    assert migrate(backend.dialect()) == []
    return applied


def test_the_first_migration_that_dies_half_way_leaves_nothing(backend: Backend, directory: Path) -> None:
    assert die_half_way_and_migrate(backend, directory) == [*ALL, "9998_before", "9999_half"]


def test_a_later_migration_that_dies_half_way_leaves_what_there_was(
    backend: Backend, directory: Path
) -> None:
    store = backend.open()
    kept = new_kept(store)
    before = everything(store, kept.organization_id)
    assert die_half_way_and_migrate(backend, directory) == ["9998_before", "9999_half"]
    assert everything(store, kept.organization_id) == before


def test_sessions_of_an_older_version_are_counted_by_their_status(backend: Backend, directory: Path) -> None:
    later = {path: path.read_text() for path in directory.glob("[0-9]*.py") if path.stem != "0001_initial"}
    for path in later:
        path.unlink()
    dialect = backend.dialect()
    assert migrate(dialect) == ["0001_initial"]
    organizations = [an_organization() for _ in range(2)]
    agents = [an_agent(organization.id) for organization in organizations for _ in range(2)]
    statuses = (SessionStatus.STARTED, SessionStatus.STARTED, SessionStatus.ACTIVE, SessionStatus.IDLE)
    made = [a_session(agent, "old", status=status) for agent in agents[1:] for status in statuses]
    rows: list[tuple[str, Sequence[Bound]]] = [
        *(("organization", (dialect.key(of.id), of.name, of.created_at)) for of in organizations),
        # Without what later versions have added.
        *(("agent", agent_values(agent, dialect.key)[:-1]) for agent in agents),
        *(("session", session_values(session, dialect.key)[:11]) for session in made),
        # Several processes have counted; nothing is left of that.
        *(
            ("session_count", (dialect.key(organizations[0].id), dialect.key(agents[0].id), shard, 7))
            for shard in range(3)
        ),
    ]
    for table, values in rows:
        marks = ", ".join([dialect.database.param] * len(values))
        dialect.database.execute_sql(f"INSERT INTO {table} VALUES ({marks})", values)
    for path, text in later.items():
        path.write_text(text)
    assert migrate(dialect) == ALL[1:]
    store = backend.open()
    expected = {SessionStatus.STARTED: 2, SessionStatus.ACTIVE: 1, SessionStatus.IDLE: 1}
    first, second = (organization.id for organization in organizations)
    assert store.sessions.counts(first, None) == expected
    assert store.sessions.counts(second, None) == {status: 2 * count for status, count in expected.items()}
    for agent in agents[1:]:
        assert store.sessions.counts(agent.organization_id, agent.id) == expected
    assert store.sessions.counts(first, agents[0].id) == {}
    assert store.sessions.delete(first, made[0].id, math.inf)
    create(store, a_session(agents[0]))
    assert store.sessions.counts(first, None) == expected
    for agent in agents:
        versions = store.agent_versions.list(agent.organization_id, agent.id, PageRequest())
        assert versions.items == (version_of(agent),)
        assert store.agents.get(agent.organization_id, agent.id) == agent
        changed = store.agents.update(agent.organization_id, agent.id, with_prompt("later"), math.inf)
        assert changed is not None
        assert changed.version == 2
    row = store.sessions.get(first, made[1].id)
    assert row is not None
    assert (row.session.created_version, row.session.pinned_version, row.session.environment) == (
        1,
        None,
        None,
    )
    assert len(read_all(sessions(store, first, SessionFilter()))) == sum(expected.values())
