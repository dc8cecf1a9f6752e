"""Watchers of real processes: many of them, of several servers, and what becomes of them when a server
dies."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from pathlib import Path

import grpc
import pytest

from everruns.v1 import session_service_pb2_grpc
from everruns.v1.session_event_pb2 import (
    SESSION_EVENT_TYPE_BOOKMARK,
    SESSION_EVENT_TYPE_CREATED,
    SessionEvent,
    WatchSessionsRequest,
)
from tests.system.postgres import running_postgres
from tests.system.processes import PATIENCE, Process, serving, wait_until
from tests.system.sessions import Sessions, new_sessions
from tests.wire.harness.call import Call
from tests.wire.harness.json_value import Json

MANY = 2_000
CHANNELS = 4
OWN_CONNECTION = [("grpc.use_local_subchannel_pool", 1)]


class Watcher:
    """A watcher over a channel."""

    def __init__(self, channel: grpc.Channel, sessions: Sessions, token: str = "", **filter: Json) -> None:
        keys = sessions.names["keys"]
        assert isinstance(keys, dict)
        request = WatchSessionsRequest(resume_token=token, **filter)  # type: ignore[arg-type]  # by name
        stub = session_service_pb2_grpc.SessionServiceStub(channel)
        metadata = (("authorization", str(keys["owner"])),)
        self.stream = stub.WatchSessions(request, metadata=metadata, timeout=2 * PATIENCE)
        self.token = token

    def next(self) -> SessionEvent:
        """The next message."""
        event: SessionEvent = next(self.stream)
        self.token = event.resume_token
        return event

    def created(self, count: int) -> list[str]:
        """The ids of the next sessions that were created."""
        ids: list[str] = []
        while len(ids) < count:
            event = self.next()
            if event.type != SESSION_EVENT_TYPE_BOOKMARK:
                assert event.type == SESSION_EVENT_TYPE_CREATED
                ids.append(event.session.id)
        return ids


def threads_of(process: Process) -> int:
    """How many threads a process has."""
    return len(list(Path(f"/proc/{process.pid}/task").iterdir()))


def test_thousands_of_watchers_need_no_threads_and_end_with_the_server(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, channel), ExitStack() as open_channels:
        sessions = new_sessions(tmp_path, channel)
        first = Watcher(channel, sessions)
        first.next()
        threads, memory = threads_of(process), process.memory
        address = f"127.0.0.1:{process.grpc_port}"
        channels = [
            open_channels.enter_context(grpc.insecure_channel(address, OWN_CONNECTION))
            for _ in range(CHANNELS)
        ]
        watchers = [Watcher(channels[number % CHANNELS], sessions) for number in range(MANY)]
        assert {watcher.next().type for watcher in watchers} == {SESSION_EVENT_TYPE_BOOKMARK}
        # Those of calls were there before; gRPC has one or the other of its own.
        assert threads_of(process) <= threads + 8
        assert process.memory < memory + MANY * 50_000
        made = sessions.create()
        assert [watcher.created(1) for watcher in [first, *watchers]] == [[made]] * (MANY + 1)
        process.send(signal.SIGTERM)
        for watcher in watchers[::100]:
            with pytest.raises(grpc.RpcError) as ended:
                watcher.next()
            assert ended.value.code() is grpc.StatusCode.UNAVAILABLE
            assert ended.value.details() == "the server is stopping; resume"
        # Well before the calls in flight would have been given up.
        assert process.end(20)[0] == 0
        assert "Traceback" not in process.errors


def settings(database: str, stack: ExitStack) -> dict[str, str]:
    """The settings of servers on a database of this kind."""
    if database == "sqlite":
        return {}
    postgres = stack.enter_context(running_postgres())
    return {"EVERRUNS_DATABASE_URL": postgres.url, "EVERRUNS_WORKERS": "1"}


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_watcher_sees_what_another_process_does_and_resumes_there_when_its_own_is_killed(
    database: str, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        on = settings(database, stack)
        one, over_one = stack.enter_context(serving(tmp_path, **on))
        _, over_other = stack.enter_context(serving(tmp_path, **on))
        sessions = new_sessions(tmp_path, over_one, **on)
        elsewhere = sessions.over(over_other)
        watcher = Watcher(over_one, sessions)
        watcher.next()
        made = [elsewhere.create(), sessions.create(), elsewhere.create()]
        assert watcher.created(2) == made[:2]
        one.send(signal.SIGKILL)
        wait_until(None, lambda: not one.runs)
        made.append(elsewhere.create())
        # What had been on its way may have come or not.
        seen = made[:2]
        with pytest.raises(grpc.RpcError):
            seen += (id for [id] in iter(lambda: watcher.created(1), []))
        again = Watcher(over_other, sessions, watcher.token)
        seen += again.created(len(made) - len(seen))
        made.append(elsewhere.create())
        assert seen + again.created(1) == made


def test_a_worker_that_watches_its_session_is_told_to_stop_at_once(tmp_path: Path) -> None:
    with serving(tmp_path) as (_, channel):
        sessions = new_sessions(tmp_path, channel)
        id = sessions.create()
        begin = Call("BeginTurn", query={"session_id": id, "worker": "w"})
        turn = sessions.answer(begin).content["turn"]
        assert isinstance(turn, dict)
        watcher = Watcher(channel, sessions, session_ids=[id])
        watcher.next()
        sessions.answer(Call("CancelTurn", id=id))
        event = watcher.next()
        assert (event.turn.id, event.turn.cancel_requested) == (turn["id"], True)
        assert list(event.changed_paths) == ["turn.cancel_requested"]
