"""A backup is the store as it was at one moment, and restoring it gives that store back."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from server.store import backup, models
from server.store.backup import BackupFailed, back_up, restore
from server.store.migrate import migrate
from server.store.peewee_store import open_dialect
from server.store.statement import Row
from server.store.table_rows import TableRows
from tests.store.backends import PostgresBackend, SqliteBackend
from tests.store.examples import new_agent, new_organization, new_session
from tests.store.stores_to_copy import fill

HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("SELECT count(*) FROM session").fetchone()
print("open", flush=True)
sys.stdin.read()
"""


def unwatched(what: str, done: int, total: int) -> None:
    """Looks away."""


@pytest.fixture
def full(sqlite: SqliteBackend) -> SqliteBackend:
    fill(sqlite.url)
    return sqlite


def contents(url: str) -> dict[str, list[Row]]:
    """All rows of all tables."""
    with closing(open_dialect(url)) as dialect:
        tables = [TableRows(dialect, model) for model in models.TABLES]
        return {table.name: [row for rows in table.batches() for row in rows] for table in tables}


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def test_what_was_backed_up_is_restored(full: SqliteBackend, tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    before, kept = contents(full.url), tmp_path / "backup"
    digests = back_up(full.url, kept, lambda *step: steps.append(step))
    assert [table.table for table in digests] == [model._meta.table_name for model in models.TABLES]
    assert all(table.rows for table in digests)
    assert {what for what, _, _ in steps} == {"backing up", "verifying"}
    assert kept.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [kept]
    url = f"sqlite:///{tmp_path}/new/place.db"
    assert restore(url, kept, False, unwatched) == digests
    assert contents(url) == contents(full.url) == before


def test_a_backup_is_of_one_moment_though_rows_come_meanwhile(
    full: SqliteBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "_PAGES", 1)
    store = full.open()
    organization = new_organization(store)
    agent = new_agent(store, organization)
    before = contents(full.url)
    made = 0

    def write(what: str, done: int, total: int) -> None:
        nonlocal made
        new_session(store, agent)
        made += 1

    kept = tmp_path / "backup"
    back_up(full.url, kept, write)
    assert made > 20
    assert contents(f"sqlite:///{kept}") == before
    assert contents(full.url) != before


@pytest.mark.parametrize("replace", [False, True])
def test_a_store_that_is_there_is_replaced_only_when_that_is_said(
    full: SqliteBackend, tmp_path: Path, replace: bool
) -> None:
    back_up(full.url, kept := tmp_path / "backup", unwatched)
    before = contents(full.url)
    with closing(full.open()) as store:
        new_organization(store)
    after = contents(full.url)
    if replace:
        restore(full.url, kept, True, unwatched)
    else:
        with pytest.raises(BackupFailed, match="is there already; --replace"):
            restore(full.url, kept, False, unwatched)
    assert contents(full.url) == (before if replace else after)
    assert before != after


@pytest.mark.parametrize("damage", [False, True])
def test_a_store_that_is_open_elsewhere_is_left_alone(
    full: SqliteBackend, tmp_path: Path, damage: bool
) -> None:
    back_up(full.url, kept := tmp_path / "backup", unwatched)
    path = file_of(full.url)
    arguments = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdin
        assert holder.stdout.readline() == "open\n"
        if damage:
            with path.open("r+b") as file:
                file.write(b"nonsense" * 512)
        found = path.read_bytes()
        with pytest.raises(BackupFailed, match="in use; stop the service first"):
            restore(full.url, kept, True, unwatched)
        assert path.read_bytes() == found
        holder.stdin.close()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def nonsense(path: Path) -> None:
    path.write_bytes(b"nonsense" * 2000)


def cut_short(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def overwritten(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(os.urandom(4 * 4096))


def another_programs(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE session (id)")


Damage = Callable[[Path], None]
DAMAGES = [empty, nonsense, cut_short, overwritten, another_programs]


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_no_sound_backup_is_not_restored(full: SqliteBackend, tmp_path: Path, damage: Damage) -> None:
    before = contents(full.url)
    back_up(full.url, kept := tmp_path / "backup", unwatched)
    damage(kept)
    with pytest.raises(BackupFailed, match=str(kept)):
        restore(full.url, kept, True, unwatched)
    assert contents(full.url) == before


@pytest.mark.parametrize("damage", DAMAGES[:-1])
def test_a_backup_takes_the_place_of_a_damaged_store(
    full: SqliteBackend, tmp_path: Path, damage: Damage
) -> None:
    before = contents(full.url)
    back_up(full.url, kept := tmp_path / "backup", unwatched)
    path = file_of(full.url)
    damage(path)
    damaged = path.read_bytes()
    restore(full.url, kept, True, unwatched)
    assert contents(full.url) == before
    if damaged:
        [aside] = path.parent.glob(f"{path.name}.damaged-*")
        assert aside.read_bytes() == damaged


@pytest.mark.parametrize("damage", [cut_short, overwritten])
def test_a_damaged_store_is_not_backed_up(full: SqliteBackend, tmp_path: Path, damage: Damage) -> None:
    damage(file_of(full.url))
    with pytest.raises(BackupFailed):
        back_up(full.url, tmp_path / "backup", unwatched)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_not_written_over(full: SqliteBackend, tmp_path: Path) -> None:
    (kept := tmp_path / "backup").write_text("precious")
    with pytest.raises(BackupFailed, match="a backup is a new file"):
        back_up(full.url, kept, unwatched)
    assert kept.read_text() == "precious"


def test_a_backup_that_differs_from_its_source_is_none(
    full: SqliteBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = TableRows.batches

    def batches_but_the_last(self: TableRows):  # type: ignore[no-untyped-def] # a generator, as the original
        for rows in original(self):
            yield rows[:-1] if "partial" in str(self._dialect.database.database) else rows

    monkeypatch.setattr(TableRows, "batches", batches_but_the_last)
    with pytest.raises(BackupFailed, match="the target is not what the source is"):
        back_up(full.url, tmp_path / "backup", unwatched)
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_is(sqlite: SqliteBackend, tmp_path: Path) -> None:
    with pytest.raises(BackupFailed, match="there is no database"):
        back_up(sqlite.url, tmp_path / "backup", unwatched)
    with pytest.raises(BackupFailed, match="there is no backup"):
        restore(sqlite.url, tmp_path / "backup", True, unwatched)
    migrate(sqlite.dialect())
    with pytest.raises(BackupFailed, match="cannot back up"):
        back_up(sqlite.url, tmp_path / "missing" / "backup", unwatched)


def test_postgresql_has_its_own_ways(postgres: PostgresBackend, tmp_path: Path) -> None:
    with pytest.raises(BackupFailed, match="pg_dump"):
        back_up(postgres.url, tmp_path / "backup", unwatched)
    with pytest.raises(BackupFailed, match="pg_dump"):
        restore(postgres.url, tmp_path / "backup", True, unwatched)


def test_a_backup_of_a_newer_version_is_refused(full: SqliteBackend, tmp_path: Path) -> None:
    back_up(full.url, kept := tmp_path / "backup", unwatched)
    dialect = open_dialect(f"sqlite:///{kept}")
    with closing(dialect):
        tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE '%migration%'"
        [[table]] = dialect.database.execute_sql(tables).fetchall()
        newest = f"(SELECT max(name) FROM {table})"
        dialect.database.execute_sql(f"UPDATE {table} SET name = '9999_future' WHERE name = {newest}")
    with pytest.raises(BackupFailed, match="newer version"):
        restore(full.url, kept, True, unwatched)
