"""Workers as processes, killed at random, and a server process too: one turn at a time, and none for ever."""

from __future__ import annotations

import itertools
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import grpc
import pytest

from tests.system.postgres import running_postgres
from tests.system.processes import ROOT, Process, environment, serving
from tests.system.sessions import Sessions, new_sessions
from tests.system.test_workers import WORKERS, wait_until, workers
from tests.wire.harness.call import Call
from tests.wire.harness.json_value import Json, JsonObject

WORKER_COUNT = 8
SESSION_COUNT = 4
SECONDS = 8.0
"""How long workers work and die; then their leases run out."""


@dataclass(frozen=True)
class Record:
    """A call of a worker that was answered: of which turn, and when it was sent and answered."""

    session: str
    token: int
    sent: float
    answered: float


@contextmanager
def served(database: str, directory: Path) -> Iterator[tuple[Process, int, Sessions]]:
    """A service of two processes on a kind of database, its port, and an organization in it."""
    with ExitStack() as stack:
        settings = dict(WORKERS)
        if database == "postgresql":
            settings["EVERRUNS_DATABASE_URL"] = stack.enter_context(running_postgres()).url
        process, channel = stack.enter_context(serving(directory, **settings))
        wait_until(lambda: "2 processes serve gRPC on port " in process.errors)
        found = re.search(r"serve gRPC on port (\d+)", process.errors)
        assert found
        yield process, int(found[1]), new_sessions(directory, channel, **settings)


class Crowd:
    """Worker processes, each replaced when it is killed."""

    def __init__(self, directory: Path, port: int, key: str, session_ids: list[str]) -> None:
        self.records = directory / "records"
        self._errors = (directory / "workers").open("w")
        self._directory = directory
        self._arguments = [f"127.0.0.1:{port}", key]
        self._session_ids = session_ids
        self._names = map("w{}".format, itertools.count())
        self._running = [self._start() for _ in range(WORKER_COUNT)]

    def kill_one(self, chance: random.Random) -> None:
        """Kills one, and starts another."""
        place = chance.randrange(WORKER_COUNT)
        self._end(self._running[place])
        self._running[place] = self._start()

    def end(self) -> None:
        """Kills them all; what went wrong in one fails the test."""
        for process in self._running:
            self._end(process)
        self._errors.close()
        assert Path(self._errors.name).read_text() == ""

    def _start(self) -> subprocess.Popen[bytes]:
        arguments = [*self._arguments, next(self._names), str(self.records), *self._session_ids]
        return subprocess.Popen(
            [sys.executable, "-m", "tests.system.turn_worker", *arguments],
            cwd=ROOT,
            env=environment(self._directory),
            stderr=self._errors,
        )

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        assert process.poll() is None, "a worker has ended by itself"
        process.kill()
        process.wait()

    def recorded(self) -> list[Record]:
        """What they wrote down."""
        lines = [line.split() for line in self.records.read_text().splitlines()]
        return [
            Record(session, int(token), float(sent), float(answered))
            for session, token, _, sent, answered in lines
        ]


def history(sessions: Sessions, session_id: str) -> list[JsonObject]:
    """All turns of a session, the first one first."""
    turns: list[JsonObject] = []
    token: Json = ""
    while True:
        query: JsonObject = {"session_id": session_id, "limit": 100, "page_token": token}
        page = sessions.answer(Call("ListTurns", query=query)).content
        turns += cast("list[JsonObject]", page["data"])
        token = page["next_page_token"]
        if not token:
            return turns[::-1]


def assert_one_at_a_time(records: list[Record]) -> None:
    """Checks that nothing which an earlier turn asked for was done once a later one had begun."""
    by_turn: defaultdict[str, defaultdict[int, list[Record]]] = defaultdict(lambda: defaultdict(list))
    for record in records:
        by_turn[record.session][record.token].append(record)
    for turns in by_turn.values():
        for earlier, later in itertools.pairwise(sorted(turns)):
            last_sent = max(record.sent for record in turns[earlier])
            first_answered = min(record.answered for record in turns[later])
            assert last_sent <= first_answered, (turns[earlier], turns[later])


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_workers_and_servers_that_are_killed(database: str, tmp_path: Path) -> None:
    chance = random.Random(7)
    with served(database, tmp_path) as (process, port, sessions):
        session_ids = [sessions.create() for _ in range(SESSION_COUNT)]
        key = str(cast(JsonObject, sessions.names["keys"])["owner"])
        crowd = Crowd(tmp_path, port, key, session_ids)
        killed = min(workers(port))
        until = time.monotonic() + SECONDS
        server_dies = until - SECONDS / 2
        while time.monotonic() < until:
            time.sleep(chance.uniform(0.2, 0.6))
            crowd.kill_one(chance)
            if time.monotonic() > server_dies and killed in workers(port):
                os.kill(killed, signal.SIGKILL)
        crowd.end()
        wait_until(lambda: process.errors.count("serving gRPC on") == 3)
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            after = sessions.over(channel)
            active = Call("ListSessions", query={"status": "active"})
            wait_until(lambda: after.answer(active).content["total"] == 0)
            turns = {id: history(after, id) for id in session_ids}
            statuses = {after.answer(Call("GetSession", id=id)).content["status"] for id in session_ids}
        assert statuses == {"idle"}
        outcomes: Counter[Json] = Counter()
        for of_session in turns.values():
            outcomes.update(turn["outcome"] for turn in of_session)
            assert [turn["fencing_token"] for turn in of_session] == list(range(1, len(of_session) + 1))
            for earlier, later in itertools.pairwise(of_session):
                assert str(earlier["ended_at"]) < str(later["started_at"])
        assert set(outcomes) == {"completed", "expired"}, outcomes
        assert outcomes["completed"] > 20, outcomes
        records = crowd.recorded()
        assert len(records) > 2 * outcomes["completed"] - WORKER_COUNT
        assert_one_at_a_time(records)


def test_an_overlap_would_be_seen() -> None:
    first, second = Record("s", 1, 0.0, 1.0), Record("s", 2, 2.0, 3.0)
    assert_one_at_a_time([second, first, Record("s", 1, 2.5, 2.6), Record("other", 1, 9.0, 9.1)])
    with pytest.raises(AssertionError):
        assert_one_at_a_time([first, second, Record("s", 1, 3.5, 4.0)])
