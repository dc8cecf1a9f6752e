"""The gRPC port abused without a key: the process stays up, its memory bounded, others unharmed."""

from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import grpc
import pytest

from server.app import MOST_STREAMS
from tests.system import http2
from tests.system.http2 import (
    CANCEL,
    CONTINUATION,
    CREATE,
    END_HEADERS,
    GET,
    HEADERS,
    PING,
    RST_STREAM,
    SETTINGS,
    connection,
    data_frames,
    frame,
    message,
    request_headers,
    send,
)
from tests.system.processes import Process, serving
from tests.system.sessions import Sessions, new_sessions
from tests.wire.harness.call import Call

LARGEST_GROWTH = 128 * 1024 * 1024
"""How much larger, in bytes, the server may be than it was."""


@dataclass(frozen=True, slots=True)
class Target:
    """A server that is attacked, and others who use it meanwhile."""

    process: Process
    sessions: Sessions

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.process.grpc_port

    def assert_others_are_served(self, times: int = 5) -> None:
        """Checks that calls of all kinds are answered, by threads for slow calls and for quick ones."""
        for _ in range(times):
            made = self.sessions.create()
            assert self.sessions.answer(Call("GetSession", id=made)).content["id"] == made
            assert self.sessions.answer(Call("ListSessions", query={"limit": 1})).content["data"]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """One server for all attacks."""
    directory = tmp_path_factory.mktemp("abused")
    with serving(directory) as (process, channel):
        yield Target(process, new_sessions(directory, channel))
        assert process.runs
        assert "Traceback" not in process.errors


@pytest.fixture(autouse=True)
def unharmed(target: Target) -> Iterator[None]:
    """Checks around each attack what is true of all."""
    target.assert_others_are_served()
    before = target.process.memory
    yield
    target.assert_others_are_served()
    assert target.process.memory - before < LARGEST_GROWTH


@pytest.mark.parametrize(
    "path", [CREATE, GET, "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"]
)
def test_calls_that_are_begun_and_get_no_message(path: str, target: Target) -> None:
    begun = [frame(HEADERS, END_HEADERS, 2 * number + 1, request_headers(path)) for number in range(200)]
    with connection(target.port) as one, connection(target.port) as other:
        for attacker in (one, other):
            send(attacker, begun)
            # Half a message holds no thread, either.
            send(attacker, [frame(http2.DATA, 0, 1, message(b"x" * 100)[:50])])
        time.sleep(0.1)
        target.assert_others_are_served()


def test_reflection_that_is_begun_and_asked_nothing(target: Target) -> None:
    path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
    begun = [frame(HEADERS, END_HEADERS, 2 * number + 1, request_headers(path)) for number in range(200)]
    with connection(target.port) as attacker:
        send(attacker, begun)
        time.sleep(0.1)
        target.assert_others_are_served()


def test_more_streams_than_a_connection_may_have(target: Target) -> None:
    headers = request_headers(CREATE)
    begun = [frame(HEADERS, END_HEADERS, 2 * number + 1, headers) for number in range(20 * MOST_STREAMS)]
    with connection(target.port) as attacker:
        send(attacker, begun)
        target.assert_others_are_served()


def test_rapid_reset(target: Target) -> None:
    headers = request_headers(CREATE)
    frames = [
        frame(HEADERS, END_HEADERS, number, headers) + frame(RST_STREAM, 0, number, CANCEL)
        for number in range(1, 100_000, 2)
    ]
    with ExitStack() as stack:
        for _ in range(3):
            send(stack.enter_context(connection(target.port)), frames)
            target.assert_others_are_served()


def test_a_compressed_bomb(target: Target) -> None:
    before, largest = target.process.memory, 0
    bomb = message(gzip.compress(bytes(256 * 1024 * 1024)), compressed=True)
    assert len(bomb) < 300_000
    with connection(target.port) as attacker:
        headers = request_headers(CREATE, ("grpc-encoding", b"gzip"))
        send(attacker, [frame(HEADERS, END_HEADERS, 1, headers), *data_frames(1, bomb)])
        attacker.settimeout(0.005)
        answer = b""
        while b"grpc-status" not in answer:
            try:
                answer += attacker.recv(65_536)
            except TimeoutError:
                largest = max(largest, target.process.memory)
    assert b"grpc-status\x010" not in answer
    assert largest - before < LARGEST_GROWTH


OVERSIZED = {
    "a frame larger than announced": frame(http2.DATA, 0, 1, bytes(100)).replace(
        b"\0\0d", b"\xff\xff\xff", 1
    ),
    "a message of 4 GiB": frame(HEADERS, END_HEADERS, 1, request_headers(CREATE))
    + frame(http2.DATA, 0, 1, b"\0\xff\xff\xff\xff" + bytes(1000)),
    "a header of 16 KiB": frame(
        HEADERS, END_HEADERS, 1, request_headers(GET, ("x-request-id", b"x" * 16_000)) + bytes(300)
    ),
    "headers without an end": frame(HEADERS, 0, 1, request_headers(GET))
    + b"".join(frame(CONTINUATION, 0, 1, http2.header("a", b"x" * 16_000)) for _ in range(500)),
    "pings": frame(PING, 0, 0, bytes(8)) * 50_000,
    "settings": frame(SETTINGS, 0, 0, b"\0\x04\0\0\xff\xff") * 20_000,
    "no HTTP/2": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
    "noise": bytes(range(256)) * 200,
}


@pytest.mark.parametrize("what", OVERSIZED)
@pytest.mark.parametrize("begin", [http2.PREFACE + frame(SETTINGS, 0, 0), b""], ids=["HTTP/2", "bare"])
def test_frames_that_no_client_sends(what: str, begin: bytes, target: Target) -> None:
    with socket.create_connection(("127.0.0.1", target.port), timeout=30) as attacker:
        send(attacker, [begin, OVERSIZED[what]])
        target.assert_others_are_served(1)


def test_connections_that_say_nothing(target: Target) -> None:
    with ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(socket.create_connection(("127.0.0.1", target.port)))
        with grpc.insecure_channel(
            f"127.0.0.1:{target.port}", [("grpc.use_local_subchannel_pool", 1)]
        ) as channel:
            target.sessions.over(channel).create()
