"""A database that cannot be used, or not just now: what a start says, and that nothing is lost."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.processes import PATIENCE, ROOT, environment, run, serving
from tests.system.sessions import CREATE, LIST, new_sessions
from tests.wire.harness.outcome import Answer, Failure

RESTORE = "python -m server restore --from BACKUP --replace"


def start(directory: Path) -> str:
    """What a server says that does not start."""
    ended = run(["server", "serve"], directory, EVERRUNS_GRPC_PORT="0", EVERRUNS_LOG_LEVEL="ERROR")
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1, ended.stderr
    return ended.stderr


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A store with a few rows."""
    assert run(["server", "seed"], tmp_path, EVERRUNS_LOG_LEVEL="ERROR").returncode == 0
    return tmp_path / "everruns.db"


def test_a_file_that_is_no_database(database: Path) -> None:
    database.write_bytes(b"nonsense" * 1000)
    said = start(database.parent)
    assert said.startswith(f"everruns: {database} is not a SQLite database")
    assert RESTORE in said


def test_a_file_that_is_cut_short(database: Path) -> None:
    os.truncate(database, database.stat().st_size // 2)
    said = start(database.parent)
    assert said.startswith(f"everruns: {database} is damaged")
    assert RESTORE in said


def test_a_file_that_was_damaged_when_the_process_was_killed(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, channel):
        sessions = new_sessions(tmp_path, channel)
        for _ in range(50):
            sessions.create()
        process.send(signal.SIGTERM)
        assert process.end()[0] == 0, process.errors
    with serving(tmp_path) as (process, channel):
        sessions.over(channel).create()
        assert run(["server", "backup", "--to", str(tmp_path / "backup")], tmp_path).returncode == 0
        process.send(signal.SIGKILL)
        process.end()
    database = tmp_path / "everruns.db"
    # The log that is left has the newest version of a few pages, and does not mend the others.
    whole = database.read_bytes()
    database.write_bytes(whole[:4096] + os.urandom(len(whole) - 4096))
    said = start(tmp_path)
    assert "is damaged" in said
    assert RESTORE in said
    ended = run(["server", "restore", "--from", str(tmp_path / "backup"), "--replace"], tmp_path)
    assert ended.returncode == 0, ended.stderr
    with serving(tmp_path) as (process, channel):
        assert sessions.over(channel).total() == 51


def test_after_a_kill_a_sound_file_is_opened(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, channel):
        sessions = new_sessions(tmp_path, channel)
        sessions.create()
        process.send(signal.SIGKILL)
        process.end()
    assert (tmp_path / "everruns.db-wal").stat().st_size > 0
    with serving(tmp_path) as (process, channel):
        assert sessions.over(channel).total() == 1


@pytest.mark.parametrize(("what", "mode"), [("file", 0o444), ("directory", 0o555)])
def test_a_file_that_may_not_be_written(what: str, mode: int, database: Path) -> None:
    place = database if what == "file" else database.parent
    # Root may write anything unless it is taken that right, which a process started by this has not.
    bounded = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]
    command = [*(bounded if os.geteuid() == 0 else []), sys.executable, "-m", "server", "migrate"]
    assert os.geteuid() or shutil.which("setpriv")
    if what == "directory":
        database.unlink()
    place.chmod(mode)
    try:
        ended = subprocess.run(
            command,
            cwd=ROOT,
            env=environment(database.parent, EVERRUNS_LOG_LEVEL="ERROR"),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
    finally:
        place.chmod(0o755)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"everruns: {database} cannot be ")
    assert "this user" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_data_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = start(tmp_path / "file" / "data")
    assert said.startswith(f"everruns: the directory {tmp_path / 'file' / 'data'} cannot be made")


def test_a_full_disk_is_unavailable_until_there_is_room_and_nothing_is_lost(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, channel):
        sessions = new_sessions(tmp_path, channel)
        made = [sessions.create() for _ in range(10)]
        full = (tmp_path / "everruns.db-wal").stat().st_size
        limit_files(process.pid, full)
        refused = [sessions.call(CREATE) for _ in range(5)]
        for outcome in refused:
            assert isinstance(outcome, Failure)
            assert (outcome.status, outcome.reason) == ("UNAVAILABLE", "STORE_UNAVAILABLE")
            assert outcome.retry_after is not None
            assert str(tmp_path) not in outcome.message
        assert "is full" in process.errors
        assert sorted(sessions.ids()) == sorted(made)
        limit_files(process.pid, resource.RLIM_INFINITY)
        made += [sessions.create() for _ in range(10)]
        assert sorted(sessions.ids()) == sorted(made)
        process.send(signal.SIGKILL)
        process.end()
    with serving(tmp_path) as (process, channel):
        again = sessions.over(channel)
        assert sorted(again.ids()) == sorted(made)
        assert again.total() == len(made)
        assert isinstance(again.call(LIST), Answer)


def limit_files(pid: int, size: int) -> None:
    """Lets no file that the process writes become larger; what it would write beyond that fails."""
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))
