"""A store is copied whole, into another kind of database too, and a copy that is not the same is found."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from server.store.copy import CopyFailed, copy_store, verify
from server.store.migrate import migrate
from server.store.peewee_store import open_dialect
from server.store.table_digest import TableDigest
from tests.store.at_once import HANG
from tests.store.backends import PostgresBackend
from tests.store.copy_killed import BATCH
from tests.store.examples import new_organization
from tests.store.stores_to_copy import KEYS, TEXTS, contents, fill, keys_of, new_store, row_counts
from tests.system.processes import run

ROOT = Path(__file__).parents[2]
PAIRS = [
    ("sqlite", "sqlite"),
    ("sqlite", "postgresql"),
    ("postgresql", "sqlite"),
    ("postgresql", "postgresql"),
]
# Of two statuses of the sessions of every agent and of all, and of one that was made and deleted.
SESSION_COUNTS = 2 * (2 * (1 + len(TEXTS)) + 2)
ROWS = {
    "organization": 2,
    "api_key": 4,
    "agent": 2 * len(TEXTS),
    "agent_version": 2 * (len(TEXTS) + 1),
    "environment": 1,
    "session": 2 * len(KEYS),
    "session_pin": 2 * (len(KEYS) // 2),
    "turn": 2 * len(KEYS),
    "deleted_session": 2,
    "deleted_turn": 4,
    "deleted_session_pin": 2,
    "session_count": SESSION_COUNTS,
    "idempotent_answer": 2 * len(KEYS),
    # Of each create, of a turn's begin and end and the next one's begin, and of one made and deleted
    # with such turns.
    "session_event": 2 * (len(KEYS) + 3 * (len(KEYS) // 2 + 1) + 2),
    "audit_event": 2 * len(KEYS),
    "shared_secret": 1,
}
NewDatabase = Callable[[str], str]

of_either_side = pytest.mark.parametrize("pair", PAIRS[1:3], ids="-to-".join, indirect=True)
"""With each kind of database as the source and as the target."""


@pytest.fixture
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewDatabase]:
    """Makes empty databases of a kind, and answers their URLs."""
    made: list[PostgresBackend] = []

    def new(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path / uuid.uuid4().hex}.db"
        made.append(PostgresBackend(request))
        return made[-1].url

    yield new
    for backend in made:
        backend.cleanup()


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A full store on SQLite."""
    path = tmp_path_factory.mktemp("full") / "full.db"
    fill(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="module")
def full_copy(full: Path) -> Path:
    """A copy of that store."""
    path = full.with_name("copy.db")
    copy(f"sqlite:///{full}", f"sqlite:///{path}")
    return path


@pytest.fixture(params=PAIRS, ids="-to-".join)
def pair(request: pytest.FixtureRequest, new_database: NewDatabase, full: Path) -> tuple[str, str]:
    """A full store, and an empty database."""
    source, target = map(new_database, request.param)
    if source.startswith("sqlite"):
        shutil.copy(full, source.removeprefix("sqlite:///"))
    else:
        fill(source)
    return source, target


@pytest.fixture
def copied(new_database: NewDatabase, full: Path, full_copy: Path) -> tuple[str, str]:
    """A full store, and its copy."""
    source, target = new_database("sqlite"), new_database("sqlite")
    shutil.copy(full, source.removeprefix("sqlite:///"))
    shutil.copy(full_copy, target.removeprefix("sqlite:///"))
    return source, target


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every table of the tests takes more than one batch."""
    monkeypatch.setattr("server.store.table_rows.BATCH", BATCH)


def copy(source: str, target: str) -> list[TableDigest]:
    """Copies without anyone watching."""
    return copy_store(source, target, True, lambda *_: None)


def verify_urls(source: str, target: str) -> list[TableDigest]:
    """Compares without copying."""
    with closing(open_dialect(source)) as original, closing(open_dialect(target)) as copied:
        return verify(original, copied, lambda *_: None)


def execute(url: str, sql: str) -> None:
    """Runs a statement on a database, as somebody who meddles would."""
    with closing(open_dialect(url)) as dialect:
        dialect.database.execute_sql(sql)


def test_a_store_is_copied_whole(pair: tuple[str, str]) -> None:
    source, target = pair
    digests = copy(source, target)
    assert {digest.table: digest.rows for digest in digests} == row_counts(target) == ROWS
    assert len({digest.digest for digest in digests}) == len(ROWS)
    keys = keys_of(source)
    assert len(keys) == ROWS["api_key"]
    assert contents(target, keys) == contents(source, keys)


def test_there_and_back(new_database: NewDatabase) -> None:
    first, second, third = map(new_database, ("sqlite", "postgresql", "sqlite"))
    fill(first)
    assert copy(first, second) == copy(second, third) == verify_urls(third, first)


@of_either_side
def test_copied_again_nothing_changes(pair: tuple[str, str]) -> None:
    assert copy(*pair) == copy(*pair)
    assert row_counts(pair[1]) == ROWS


def test_an_empty_store(new_database: NewDatabase) -> None:
    source, target = new_database("sqlite"), new_database("postgresql")
    new_store(source).close()
    assert {digest.rows for digest in copy(source, target)} == {0}


@of_either_side
def test_the_source_is_left_as_it_was(pair: tuple[str, str]) -> None:
    source, target = pair
    keys = keys_of(source)
    before = contents(source, keys)
    copy(source, target)
    assert contents(source, keys) == before
    assert row_counts(source) == ROWS


def test_killed_again_and_again_it_goes_on(pair: tuple[str, str]) -> None:
    source, target = pair
    had = 0
    for commit, moment in ((1, "before"), (3, "after"), (9, "before"), (9, "after"), (14, "before")):
        arguments = ["-m", "tests.store.copy_killed", source, target, moment, str(commit)]
        killed = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=HANG
        )
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        has = sum(row_counts(target).values())
        assert had <= has < sum(ROWS.values())
        had = has
    assert had > 0
    digests = copy(source, target)
    assert {digest.table: digest.rows for digest in digests} == row_counts(target) == ROWS
    keys = keys_of(source)
    assert contents(target, keys) == contents(source, keys)


@of_either_side
def test_progress_is_told(pair: tuple[str, str]) -> None:
    told: list[tuple[str, int, int]] = []
    copy_store(*pair, True, lambda *progress: told.append(progress))
    total = sum(ROWS.values())
    for what, rows in (("copying", total), ("verifying", 2 * total)):
        done = [(done, of) for label, done, of in told if label == what]
        assert len(done) > rows // BATCH
        assert done == sorted(done)
        assert done[-1] == (rows, rows)


# Each changes a few rows of one table; the statement is the same in all kinds of database.
TAMPERED = {
    "organization": "UPDATE organization SET name = name || ' '",
    "api_key": "UPDATE api_key SET scopes = 'read write keys' WHERE expires_at IS NOT NULL",
    "agent": "UPDATE agent SET max_iterations = max_iterations + 1 WHERE status = 'archived'",
    "agent capabilities": 'UPDATE agent SET capabilities = \'[{"ref": "bash", "config": {}}]\' '
    "WHERE status = 'archived'",
    "session": "UPDATE session SET updated_at = updated_at + 1 WHERE substr(title, 1, 3) = 'aB '",
    "session title": "UPDATE session SET title = '' WHERE title IS NULL",
    "session tags": "UPDATE session SET tags = '[\"a\", \"B\"]' WHERE substr(title, 1, 3) = 'aB '",
    "session_count": "UPDATE session_count SET sessions = sessions + 1 WHERE scope_id = organization_id",
    "audit_event": "UPDATE audit_event SET attempts = 2 WHERE reason IS NULL",
    "idempotent_answer": "UPDATE idempotent_answer SET fingerprint = answer WHERE request_key = '!'",
}


@pytest.mark.parametrize("place", TAMPERED)
def test_a_tampered_row_is_found(place: str, copied: tuple[str, str]) -> None:
    source, target = copied
    execute(target, TAMPERED[place])
    table = place.split()[0]
    with pytest.raises(
        CopyFailed, match=rf"\n{table} has {ROWS[table]} rows .* and {ROWS[table]} .*: \("
    ) as found:
        verify_urls(source, target)
    assert len(str(found.value).splitlines()) == 2, "another table is said to differ"
    with pytest.raises(CopyFailed, match=rf"rows of {table} that the source has not, or not so: \("):
        copy(source, target)


@of_either_side
def test_a_lost_row_is_found_by_name_and_copied_again(pair: tuple[str, str]) -> None:
    source, target = pair
    copy(source, target)
    where = "organization_id = (SELECT organization_id FROM session LIMIT 1) AND substr(title, 1, 3) = 'aB '"
    with closing(open_dialect(target)) as dialect:
        [[id]] = dialect.database.execute_sql(f"SELECT id FROM session WHERE {where}").fetchall()
    execute(target, f"DELETE FROM session WHERE {where}")
    # Its pin has gone with it.
    lost = rf"session has 36 rows .* and 35 .*id {id.hex()}\)\nsession_pin has 18 .* and 17 .*{id.hex()}\)$"
    with pytest.raises(CopyFailed, match=lost):
        verify_urls(source, target)
    copy(source, target)
    assert row_counts(target) == ROWS


def test_many_differences_are_not_all_named(copied: tuple[str, str]) -> None:
    source, target = copied
    execute(target, "UPDATE session SET status = 'active'")
    with pytest.raises(CopyFailed) as found:
        verify_urls(source, target)
    assert str(found.value).count("(organization_id") == 5
    assert str(found.value).endswith("; and more")


@of_either_side
def test_a_target_with_rows_of_its_own_is_refused(pair: tuple[str, str]) -> None:
    source, target = pair
    with closing(new_store(target)) as store:
        organization = new_organization(store)
    before = row_counts(target)
    with pytest.raises(
        CopyFailed, match=rf"organization that the source has not.*\(id {organization.hex()}\)"
    ):
        copy(source, target)
    assert row_counts(target) == before


def test_a_source_that_there_is_not(tmp_path: Path, new_database: NewDatabase) -> None:
    with pytest.raises(CopyFailed, match=r"the source cannot be used: there is no file .*nowhere\.db"):
        copy(f"sqlite:///{tmp_path / 'nowhere.db'}", new_database("sqlite"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_source_without_a_schema(kind: str, new_database: NewDatabase) -> None:
    source = new_database(kind)
    execute(source, "CREATE TABLE something (other integer)")
    with pytest.raises(CopyFailed, match="the source cannot be used: its schema is not up to date"):
        copy(source, new_database("sqlite"))


@pytest.mark.parametrize("which", ["source", "target"])
def test_a_schema_of_a_newer_version(which: str, new_database: NewDatabase) -> None:
    urls = {"source": new_database("sqlite"), "target": new_database("postgresql")}
    for url in urls.values():
        with closing(open_dialect(url)) as dialect:
            migrate(dialect)
    execute(
        urls[which],
        "INSERT INTO schema_migration (id, name, applied) VALUES (99, '0099_newer', '2030-01-01 00:00:00')",
    )
    with pytest.raises(CopyFailed, match=f"the {which} cannot be used: a newer version.*0099_newer"):
        copy(urls["source"], urls["target"])


def test_a_target_that_cannot_be_reached(copied: tuple[str, str]) -> None:
    for target in ("sqlite:////nowhere/at/all.db", "postgresql://nobody@127.0.0.1:1/nothing"):
        with pytest.raises(CopyFailed, match="the target cannot be used: "):
            copy(copied[0], target)


def test_a_copy_into_itself(new_database: NewDatabase) -> None:
    source = new_database("sqlite")
    fill(source)
    with pytest.raises(CopyFailed, match="the same"):
        copy(source, source)


def test_on_the_command_line(new_database: NewDatabase, tmp_path: Path) -> None:
    source, target = new_database("sqlite"), new_database("postgresql")
    fill(source)
    command = ["server", "copy", "--from", source, "--to", target]
    ended = run(command, tmp_path)
    assert ended.returncode == 0, ended.stderr
    lines = dict(re.findall(r"^(\w+): (\d+) rows, digest [0-9a-f]{64}$", ended.stdout, re.MULTILINE))
    assert lines == {table: str(rows) for table, rows in ROWS.items()}
    assert "copying: 100 %\n" in ended.stderr
    assert "verifying: 100 %\n" in ended.stderr
    execute(target, TAMPERED["session"])
    ended = run(command, tmp_path)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "everruns: the target has rows of session that the source has not, or not so: (" in ended.stderr
    assert "Traceback" not in ended.stderr
