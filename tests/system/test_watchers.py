"""Watchers of real processes: many of them, of several servers, and what becomes of them when a server
dies."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import grpc
import httpx
import pytest

from everruns.v1.session_event_pb2 import SESSION_EVENT_TYPE_BOOKMARK
from tests.system.postgres import running_postgres
from tests.system.processes import PATIENCE, Process, free_port, running, serving, wait_for_http, wait_until
from tests.system.sessions import Sessions, new_sessions
from tests.system.watcher import Watcher

MANY = 2_000
CHANNELS = 4
OWN_CONNECTION = [("grpc.use_local_subchannel_pool", 1)]


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


def test_streams_of_rest_end_at_once_when_the_gateway_stops(tmp_path: Path) -> None:
    with serving(tmp_path) as (server, channel):
        sessions = new_sessions(tmp_path, channel)
        for workers in ("1", "2"):
            port = free_port()
            # Whoever waited for the streams would wait for longer than this test.
            settings = {
                "EVERRUNS_GRPC_TARGET": f"127.0.0.1:{server.grpc_port}",
                "EVERRUNS_HTTP_PORT": str(port),
                "EVERRUNS_HTTP_WORKERS": workers,
                "EVERRUNS_HTTP_TIMEOUT_SECONDS": "300",
            }
            with running(["gateway"], tmp_path, **settings) as gateway, ExitStack() as open_streams:
                wait_for_http(f"http://127.0.0.1:{port}", gateway)
                streams = [open_streams.enter_context(events(port, sessions)) for _ in range(6)]
                made = sessions.create()
                for lines in streams:
                    assert any(made in line for line in lines)
                gateway.send(signal.SIGTERM)
                assert gateway.end()[0] == 0, gateway.errors
                # Each to its proper end, which a client answers by coming again.
                assert ["event: problem" in lines for lines in streams] == [False] * len(streams)
                assert "Traceback" not in gateway.errors
        assert "Traceback" not in server.errors


@contextmanager
def events(port: int, sessions: Sessions) -> Iterator[Iterator[str]]:
    """The lines of a stream of events, from its first event on."""
    keys = sessions.names["keys"]
    assert isinstance(keys, dict)
    url, headers = f"http://127.0.0.1:{port}/v1/sessions:watch", {"authorization": str(keys["owner"])}
    with httpx.stream("GET", url, headers=headers, trust_env=False, timeout=PATIENCE) as response:
        lines = response.iter_lines()
        assert "event: bookmark" in lines
        yield lines
