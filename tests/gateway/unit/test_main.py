from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import grpc
import httpx
import pytest
from google.protobuf.message import Message

import gateway
from everruns.v1 import session_pb2
from tests.gateway.unit.fake_server import FakeServer

ROOT = Path(gateway.__file__).parents[1]


def environment(**settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EVERRUNS_")}
    return (
        kept | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'generated'}", "EVERRUNS_HTTP_PORT": "0"} | settings
    )


@contextmanager
def process(**settings: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Yields a running gateway and its URL."""
    with subprocess.Popen(
        [sys.executable, "-m", "gateway"], env=environment(**settings), stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        try:
            line = running.stdout.readline()
            assert line.startswith("listening on http://")
            yield running, line.split()[2].rstrip(",")
        finally:
            running.kill()


def run(**settings: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "gateway"],
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.stdout == ""
    return done.returncode, done.stderr


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_stop(server: FakeServer, stop: signal.Signals) -> None:
    with process(EVERRUNS_GRPC_PORT=str(server.port)) as (running, url):
        assert httpx.get(f"{url}/health", trust_env=False, timeout=20).json() == {"status": "ok"}
        running.send_signal(stop)
        assert running.wait(20) == 0


def test_it_finishes_what_it_has_begun(server: FakeServer) -> None:
    asked, told_to_stop = threading.Event(), threading.Event()

    def reply(request: Message, context: grpc.ServicerContext) -> Message:
        asked.set()
        assert told_to_stop.wait(20)
        return session_pb2.Session(id="session_1")

    server.reply("GetSession", reply)
    with process(EVERRUNS_GRPC_PORT=str(server.port)) as (running, url), ThreadPoolExecutor(1) as pool:
        answer = pool.submit(httpx.get, f"{url}/v1/sessions/s", trust_env=False, timeout=20)
        assert asked.wait(20)
        running.send_signal(signal.SIGTERM)
        told_to_stop.set()
        assert answer.result().json()["id"] == "session_1"
        assert running.wait(20) == 0


def test_it_starts_without_a_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with process(EVERRUNS_GRPC_TARGET=f"127.0.0.1:{port}") as (running, url):
        assert httpx.get(f"{url}/health", trust_env=False, timeout=20).status_code == 503
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0


def test_a_port_that_is_taken_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, text = run(EVERRUNS_HTTP_PORT=str(port))
    assert code == 1
    assert text.startswith(f"gateway: cannot listen on 127.0.0.1:{port}: Address already in use")
    assert len(text.splitlines()) == 1


def test_a_host_that_there_is_not_is_one_line() -> None:
    code, text = run(EVERRUNS_HTTP_HOST="no-such-host.invalid")
    assert code == 1
    assert text.startswith("gateway: cannot listen on no-such-host.invalid:0: ")
    assert len(text.splitlines()) == 1


def test_bad_settings_are_a_line_each() -> None:
    assert run(EVERRUNS_HTTP_PORT="http", EVERRUNS_HTTP_TIMEOUT_SECONDS="never") == (
        1,
        "gateway: EVERRUNS_HTTP_PORT must be a port from 0 to 65535, not 'http'\n"
        "gateway: EVERRUNS_HTTP_TIMEOUT_SECONDS must be a number of seconds above 0, at most a day, "
        "not 'never'\n",
    )
