"""Backups of a store that a real server writes to, and what its operator is told."""

from __future__ import annotations

import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.system.processes import run, serving
from tests.system.sessions import new_sessions


def test_a_backup_under_load_is_a_store_whose_counts_agree(tmp_path: Path) -> None:
    backups = [tmp_path / f"backup-{number}" for number in range(2)]
    done: list[list[str]] = []
    with serving(tmp_path / "data") as (process, channel):
        sessions = new_sessions(tmp_path / "data", channel)
        made: list[str] = []
        enough = threading.Event()

        def load() -> None:
            while not enough.is_set():
                made.append(sessions.create())

        with ThreadPoolExecutor(4) as threads:
            loads = [threads.submit(load) for _ in range(4)]
            try:
                for backup in backups:
                    before = list(made)
                    ended = run(["server", "backup", "--to", str(backup)], tmp_path / "data")
                    assert ended.returncode == 0, ended.stderr
                    done.append(before)
                restoring = ["server", "restore", "--from", str(backups[0]), "--replace"]
                in_use = run(restoring, tmp_path / "data")
            finally:
                enough.set()
            for each in loads:
                each.result()
        assert in_use.returncode == 1
        assert "in use; stop the service first" in in_use.stderr
        assert sorted(sessions.ids()) == sorted(made)
        process.send(signal.SIGTERM)
        assert process.end()[0] == 0, process.errors
    for backup, before in zip(backups, done, strict=True):
        ended = run(["server", "restore", "--from", str(backup), "--replace"], tmp_path / "data")
        assert ended.returncode == 0, ended.stderr
        with serving(tmp_path / "data") as (process, channel):
            restored = sessions.over(channel)
            ids = restored.ids()
            # What had been answered before the backup began is in it, and nothing that never was.
            assert set(before) <= set(ids) <= set(made)
            assert len(ids) == len(set(ids)) == restored.total()
            process.send(signal.SIGTERM)
            assert process.end()[0] == 0, process.errors


def test_what_the_operator_sees(tmp_path: Path) -> None:
    assert run(["server", "migrate"], tmp_path).returncode == 0
    made = run(["server", "backup", "--to", str(tmp_path / "b")], tmp_path)
    assert made.returncode == 0
    assert "backing up: 100 %" in made.stderr
    assert "session: 0 rows, digest " in made.stdout
    again = run(["server", "backup", "--to", str(tmp_path / "b")], tmp_path)
    assert (again.returncode, again.stderr) == (
        1,
        f"everruns: {tmp_path / 'b'} is there already; a backup is a new file\n",
    )
    refused = run(["server", "restore", "--from", str(tmp_path / "b")], tmp_path)
    assert refused.returncode == 1
    assert refused.stderr.startswith("everruns: ")
    assert refused.stderr.count("\n") == 1
