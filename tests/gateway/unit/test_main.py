from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import httpx
import pytest
from google.protobuf.message import Message

from everruns.v1 import session_pb2
from tests.gateway.unit.fake_server import FakeServer
from tests.gateway.unit.processes import PATIENCE, end, environment, gateway_process, wait_until

ONE_AND_SEVERAL = pytest.mark.parametrize("count", ["1", "2"])


def run(**settings: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "gateway"],
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.stdout == ""
    return done.returncode, done.stderr


@ONE_AND_SEVERAL
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_stop(server: FakeServer, stop: signal.Signals, count: str) -> None:
    with gateway_process(EVERRUNS_GRPC_PORT=str(server.port), EVERRUNS_HTTP_WORKERS=count) as (running, url):
        answer = httpx.get(f"{url}/health", trust_env=False, timeout=PATIENCE)
        assert answer.json() == {"status": "ok"}
        running.send_signal(stop)
        assert end(running)[0] == 0


@ONE_AND_SEVERAL
def test_it_finishes_what_it_has_begun_and_takes_nothing_more(server: FakeServer, count: str) -> None:
    asked, refusing = threading.Event(), threading.Event()

    def reply(request: Message, context: grpc.ServicerContext) -> Message:
        asked.set()
        assert refusing.wait(PATIENCE)
        return session_pb2.Session(id="session_1")

    server.reply("GetSession", reply)
    with (
        gateway_process(EVERRUNS_GRPC_PORT=str(server.port), EVERRUNS_HTTP_WORKERS=count) as (running, url),
        ThreadPoolExecutor(1) as pool,
    ):
        answer = pool.submit(httpx.get, f"{url}/v1/sessions/s", trust_env=False, timeout=PATIENCE)
        assert asked.wait(PATIENCE)
        running.send_signal(signal.SIGTERM)
        wait_until(lambda: refuses(httpx.URL(url)))
        refusing.set()
        assert answer.result().json()["id"] == "session_1"
        assert end(running)[0] == 0


def refuses(url: httpx.URL) -> bool:
    try:
        socket.create_connection((url.host, url.port or 0), PATIENCE).close()
    except ConnectionRefusedError:
        return True
    return False


def test_it_starts_without_a_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with gateway_process(EVERRUNS_GRPC_TARGET=f"127.0.0.1:{port}") as (running, url):
        assert httpx.get(f"{url}/health", trust_env=False, timeout=PATIENCE).status_code == 503
        running.send_signal(signal.SIGTERM)
        assert end(running)[0] == 0


@ONE_AND_SEVERAL
def test_a_port_that_is_taken_is_one_line(count: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, text = run(EVERRUNS_HTTP_PORT=str(port), EVERRUNS_HTTP_WORKERS=count)
    assert code == 1
    assert text.startswith(f"gateway: cannot listen on 127.0.0.1:{port}: Address already in use")
    assert len(text.splitlines()) == 1


def test_a_host_that_there_is_not_is_one_line() -> None:
    code, text = run(EVERRUNS_HTTP_HOST="no-such-host.invalid", EVERRUNS_ALLOW_PLAINTEXT="on")
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
