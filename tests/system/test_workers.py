"""Several server processes on one port and one SQLite file."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from google.protobuf.message import Message

from everruns.v1.session_pb2 import Session
from tests.system.processes import PATIENCE, ROOT, Process, environment, run, serving
from tests.system.sessions import CREATE, Sessions, new_sessions
from tests.wire.harness.grpc_client import metadata_of, request_of
from tests.wire.harness.lock_holder import write_lock_held
from tests.wire.harness.outcome import Answer
from tests.wire.harness.rpc import method

LISTENS, CONNECTED = "0A", "01"
WORKERS = {"EVERRUNS_WORKERS": "2"}

CANNOT_START = """
import sys
from server.processes import StartFailed, run_processes
from server.settings import from_environment

def work(settings, when_serving):
    sys.exit("out of luck")

if __name__ == "__main__":
    try:
        run_processes(from_environment(), work, lambda: print("serving"), lambda: True)
    except StartFailed as error:
        sys.exit(f"failed: {error}")
"""
"""A service whose processes end before they serve."""


def wait_until(true: Callable[[], bool]) -> None:
    """Returns when it is so."""
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def children(pid: int) -> set[int]:
    """The processes that a process has started, those that have ended left out."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(parent) == pid and state != "Z":
            found.add(int(path.parent.name))
    return found


def about(pid: int, what: str) -> list[str]:
    """The `cmdline` or `environ` of a process; nothing of one that has ended."""
    try:
        return [part for part in Path(f"/proc/{pid}/{what}").read_text().split("\0") if part]
    except OSError:
        return []


def workers(port: int) -> set[int]:
    """The processes that serve on a port."""
    return {
        pid
        for parent in children(os.getpid())
        for pid in children(parent)
        if "--multiprocessing-fork" in about(pid, "cmdline") and has_socket(pid, port, LISTENS)
    }


def has_socket(pid: int, port: int, state: str) -> bool:
    """Whether the process has a socket of this port in a state of proc(5)'s net/tcp."""
    wanted = re.compile(rf"\s*\d+: \w+:{port:04X} \w+:\w+ {state} .*")
    # A server that listens on an IPv4 address may do so by way of IPv6.
    texts = (Path(f"/proc/{pid}/net/{table}").read_text() for table in ("tcp", "tcp6"))
    lines = filter(wanted.fullmatch, (line for text in texts for line in text.splitlines()))
    sockets = {f"socket:[{line.split()[9]}]" for line in lines}
    return not sockets.isdisjoint(opened(pid))


def opened(pid: int) -> set[str]:
    """What the descriptors of a process lead to; nothing of one that has ended."""
    found = set()
    for path in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            found.add(str(path.readlink()))
        except OSError:
            continue
    return found


@contextmanager
def channels_to_all(port: int) -> Iterator[list[grpc.Channel]]:
    """Channels of a connection each, so many that every process on the port has one."""
    with ExitStack() as stack:
        channels: list[grpc.Channel] = []
        while len(channels) < 4 or not all(has_socket(pid, port, CONNECTED) for pid in workers(port)):
            assert len(channels) < 64
            options = [("grpc.use_local_subchannel_pool", 1)]
            channel = stack.enter_context(grpc.insecure_channel(f"127.0.0.1:{port}", options))
            grpc.channel_ready_future(channel).result(PATIENCE)
            channels.append(channel)
        yield channels


@dataclass(frozen=True)
class Served:
    """A service of two processes, and an organization in it."""

    process: Process
    port: int
    sessions: Sessions


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """One of a test's own, which it may end. All of its processes serve."""
    with serving(tmp_path, **WORKERS) as (process, channel):
        wait_until(lambda: "2 processes serve gRPC on port " in process.errors)
        found = re.search(r"serve gRPC on port (\d+)", process.errors)
        assert found
        port = int(found[1])
        assert len(workers(port)) == 2
        yield Served(process, port, new_sessions(tmp_path, channel))


def create_over(channels: Sequence[grpc.Channel], sessions: Sessions, each: int) -> list[str]:
    """Makes sessions over all channels at the same time; their ids."""

    def create(channel: grpc.Channel) -> list[str]:
        over = sessions.over(channel)
        return [over.create() for _ in range(each)]

    with ThreadPoolExecutor(len(channels)) as pool:
        return [made for some in pool.map(create, channels) for made in some]


def assert_exactly(made: Sequence[str], sessions: Sessions) -> None:
    """Checks that these sessions are there, and counted, and no others."""
    assert sorted(sessions.ids()) == sorted(made)
    assert sessions.total() == len(made)


def test_all_processes_answer_and_the_counts_are_exact(served: Served) -> None:
    with channels_to_all(served.port) as channels:
        made = create_over(channels, served.sessions, 25)
        assert len(set(made)) == 25 * len(channels)
        for channel in channels:
            assert_exactly(made, served.sessions.over(channel))


def test_a_killed_process_is_replaced(served: Served) -> None:
    first = workers(served.port)
    with channels_to_all(served.port) as channels:
        made = create_over(channels, served.sessions, 5)
    killed = min(first)
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: len(workers(served.port) - {killed}) == 2)
    [new] = workers(served.port) - first
    # It is known before it serves.
    wait_until(lambda: served.process.errors.count("serving gRPC on") == 3)
    with channels_to_all(served.port) as channels:
        assert has_socket(new, served.port, CONNECTED)
        made += create_over(channels, served.sessions, 5)
        for channel in channels:
            assert_exactly(made, served.sessions.over(channel))


def test_a_process_that_is_killed_under_load_loses_nothing(served: Served) -> None:
    made: list[str] = []
    with channels_to_all(served.port) as channels:

        def load(channel: grpc.Channel) -> None:
            over = served.sessions.over(channel)
            while len(made) < 1000:
                outcome = over.call(CREATE)
                if isinstance(outcome, Answer):
                    made.append(str(outcome.content["id"]))
                else:
                    assert outcome.status == "UNAVAILABLE", outcome

        with ThreadPoolExecutor(len(channels)) as pool:
            loads = [pool.submit(load, channel) for channel in channels]
            wait_until(lambda: len(made) >= 100)
            os.kill(min(workers(served.port)), signal.SIGKILL)
            for ended in loads:
                ended.result(PATIENCE)
    listed = served.sessions.ids()
    assert set(made) <= set(listed)
    # A call that was cut off may have been done.
    assert served.sessions.total() == len(listed)


def test_calls_in_flight_finish_when_it_is_told_to_end(served: Served, tmp_path: Path) -> None:
    pids = workers(served.port)
    call = CREATE.filled(served.sessions.names)
    rpc = method(call.rpc)
    with channels_to_all(served.port) as channels:
        with write_lock_held(tmp_path / "everruns.db"):
            started = []
            for channel in channels:
                create: grpc.UnaryUnaryMultiCallable[Message, Session] = channel.unary_unary(
                    rpc.path, rpc.request.SerializeToString, Session.FromString
                )
                for number in range(4):
                    metadata = metadata_of(call, f"r{number}")
                    started.append(create.future(request_of(call), metadata=metadata, timeout=PATIENCE))
                # What comes after them on their connection is answered, so they have come.
                assert served.sessions.over(channel).total() == 0
            served.process.send(signal.SIGTERM)
        made = [future.result(PATIENCE).id for future in started]
        assert served.process.end()[0] == 0, served.process.errors
    assert not any(about(pid, "cmdline") for pid in pids)
    with serving(tmp_path, **WORKERS) as (_, channel):
        assert_exactly(made, served.sessions.over(channel))


def test_processes_end_when_their_parent_is_killed(served: Served) -> None:
    pids = workers(served.port)
    served.process.send(signal.SIGKILL)
    # Far less than the 30 seconds that calls in flight are given: none is.
    assert served.process.end(15)[0] == -signal.SIGKILL
    assert not any(about(pid, "cmdline") for pid in pids)
    with socket.create_server(("127.0.0.1", served.port)):
        pass


@pytest.mark.parametrize("number", ["1", "2"])
def test_a_port_that_another_would_share(number: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as listener:
        port = str(listener.getsockname()[1])
        settings = {"EVERRUNS_GRPC_PORT": port, "EVERRUNS_WORKERS": number, "EVERRUNS_LOG_LEVEL": "ERROR"}
        ended = run(["server", "serve"], tmp_path, **settings)
    assert ended.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}: " in ended.stderr
    assert "Traceback" not in ended.stderr


def test_two_services_do_not_share_a_port(served: Served, tmp_path: Path) -> None:
    port = {"EVERRUNS_GRPC_PORT": str(served.port)}
    ended = run(["server", "serve"], tmp_path / "other", **port, **WORKERS)
    assert ended.returncode == 1
    assert f"cannot listen on 127.0.0.1:{served.port}: " in ended.stderr


def test_a_bad_catalog_is_told_once(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nowhere")
    ended = run(
        ["server", "serve"], tmp_path, EVERRUNS_GRPC_PORT="0", EVERRUNS_CATALOG_DIR=nowhere, **WORKERS
    )
    assert ended.returncode == 1
    [told] = ended.stderr.splitlines()
    assert nowhere in told


def test_processes_that_cannot_start(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(CANNOT_START)
    ended = subprocess.run(
        [sys.executable, str(program)],
        cwd=ROOT,
        env=environment(tmp_path, EVERRUNS_GRPC_PORT="0", **WORKERS),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "out of luck" in ended.stderr
    assert ended.stderr.splitlines()[-1] == "failed: a server process ended before it served"
