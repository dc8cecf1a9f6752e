"""A server whose clock is set back: what it makes keeps its order, and ids stay what they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import grpc
import pytest

from tests.system.processes import running, wait_until
from tests.system.sessions import CREATE, Sessions, new_sessions
from tests.wire.harness.call import Call
from tests.wire.harness.json_value import JsonObject
from tests.wire.harness.outcome import Answer

HOUR = 3600


class SteppingServer:
    """A server whose clock a test sets."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._clock = directory / "clock"
        self.set_clock(0)

    def set_clock(self, seconds: int) -> None:
        """So many seconds from the true time."""
        new = self._clock.with_suffix(".new")
        new.write_text(str(seconds))
        new.rename(self._clock)

    @contextmanager
    def running(self) -> Iterator[grpc.Channel]:
        """A channel to it while it runs."""
        program = ["tests.system.stepping_clock", str(self._clock)]
        with running(program, self.directory, EVERRUNS_GRPC_PORT="0") as process:
            wait_until(process, lambda: "serving gRPC on" in process.errors)
            with grpc.insecure_channel(f"127.0.0.1:{process.grpc_port}") as channel:
                yield channel


@pytest.fixture
def server(tmp_path: Path) -> SteppingServer:
    """One of a test's own."""
    return SteppingServer(tmp_path)


def create(sessions: Sessions, key: str = "") -> JsonObject:
    """A new session."""
    outcome = sessions.call(Call(CREATE.rpc, CREATE.body, key=key))
    assert isinstance(outcome, Answer), outcome
    return outcome.content


def rename(sessions: Sessions, session: JsonObject, title: str) -> JsonObject:
    """The session with a title."""
    return sessions.answer(Call("UpdateSession", {"title": title}, str(session["id"]))).content


def test_steps_back_while_it_runs(server: SteppingServer) -> None:
    with server.running() as channel:
        sessions = new_sessions(server.directory, channel)
        made = [create(sessions, "first")]
        for hours in (0, -1, -24, -23, -1000, 0):
            server.set_clock(hours * HOUR)
            made += [create(sessions) for _ in range(20)]
        for one, next_one in pairwise(made):
            assert str(one["created_at"]) < str(next_one["created_at"])
            assert str(one["id"]) < str(next_one["id"])
        assert sessions.ids() == [session["id"] for session in reversed(made)]
        assert create(sessions, "first")["id"] == made[0]["id"]


def test_a_change_is_later_than_what_it_changes_whatever_the_clock_says(server: SteppingServer) -> None:
    with server.running() as channel:
        sessions = new_sessions(server.directory, channel)
        session = create(sessions)
    # A new process knows nothing of the time that the one before it had.
    server.set_clock(-24 * HOUR)
    with server.running() as channel:
        sessions = sessions.over(channel)
        for title in ("a", "b", "c"):
            changed = rename(sessions, session, title)
            assert str(changed["updated_at"]) > str(session["updated_at"])
            assert changed["created_at"] == session["created_at"]
            session = changed


def test_a_start_with_a_clock_set_back(server: SteppingServer) -> None:
    with server.running() as channel:
        sessions = new_sessions(server.directory, channel)
        made = [create(sessions, f"early-{number}") for number in range(150)]
    server.set_clock(-24 * HOUR)
    with server.running() as channel:
        sessions = sessions.over(channel)
        more = [create(sessions, f"late-{number}") for number in range(150)]
        # Each process keeps its own order; between the two the times decide, as they are.
        listed = sessions.ids()
        assert listed == [session["id"] for session in (*reversed(made), *reversed(more))]
        assert sessions.total() == len(set(listed)) == 300
        for number in (0, 149):
            assert create(sessions, f"early-{number}")["id"] == made[number]["id"]
            assert create(sessions, f"late-{number}")["id"] == more[number]["id"]
        assert sessions.total() == 300
