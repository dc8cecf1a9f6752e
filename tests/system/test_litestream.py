"""Litestream beside a server: what was answered is in the replica, and comes back from it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from tests.system.processes import PATIENCE, ROOT, run, serving, wait_until
from tests.system.sessions import new_sessions

LITESTREAM = str(Path(sys.executable).with_name("litestream"))


def test_a_replica_in_a_folder_gives_the_store_back(tmp_path: Path) -> None:
    data, replica, fetched = tmp_path / "data", tmp_path / "replica", tmp_path / "fetched.db"
    variables = {"EVERRUNS_DATA_DIR": str(data), "LITESTREAM_REPLICA": str(replica)}
    with serving(data) as (process, channel):
        sessions = new_sessions(data, channel)
        made = [sessions.create() for _ in range(5)]
        command = [LITESTREAM, "replicate", "-config", str(ROOT / "deploy" / "litestream.yml")]
        with (tmp_path / "said").open("w") as said:
            litestream = subprocess.Popen(
                command, env={**os.environ, **variables}, stdout=said, stderr=said, start_new_session=True
            )
        try:
            made += [sessions.create() for _ in range(20)]
            wait_until(process, lambda: restored_rows(replica, fetched) == len(made))
        finally:
            litestream.send_signal(signal.SIGTERM)
            litestream.wait(PATIENCE)
        # The machine is lost: nothing of it is left but the replica.
        process.send(signal.SIGKILL)
        process.end()
    ended = run(["server", "restore", "--from", str(fetched)], tmp_path / "new")
    assert ended.returncode == 0, ended.stderr
    with serving(tmp_path / "new") as (process, channel):
        assert sorted(sessions.over(channel).ids()) == sorted(made)
        assert sessions.over(channel).total() == len(made)


def restored_rows(replica: Path, target: Path) -> int:
    """How many sessions the replica has by now."""
    target.unlink(missing_ok=True)
    command = [LITESTREAM, "restore", "-o", str(target), f"file://{replica}"]
    if subprocess.run(command, capture_output=True, timeout=PATIENCE).returncode:
        return 0
    with closing(sqlite3.connect(target)) as connection:
        [rows] = connection.execute("SELECT count(*) FROM session").fetchone()
    return int(rows)
