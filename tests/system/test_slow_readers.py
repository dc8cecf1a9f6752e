"""Clients that take what they are answered too slowly, or not at all: the gateway cuts them off."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.system.processes import PATIENCE, Process, free_port, running, serving, wait_until
from tests.system.sessions import new_sessions
from tests.system.tls import HOST, new_trust

SEND_SECONDS = 1.0
LARGE = 1_000_000
"""The bytes of one answer. Several are more than what the kernel takes of them to send."""
MANY = 8


@dataclass(frozen=True, slots=True)
class Target:
    """A gateway, and another client of it, whose agent has a large prompt."""

    gateway: Process
    port: int
    http: httpx.Client
    agent: str
    tls: ssl.SSLContext | None

    def connect(self, stack: ExitStack) -> socket.socket:
        """A new connection of a client that has no room for much."""
        client = stack.enter_context(socket.socket())
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(PATIENCE)
        client.connect((HOST, self.port))
        if self.tls is not None:
            client = stack.enter_context(self.tls.wrap_socket(client, server_hostname=HOST))
        return client

    def asks(self, client: socket.socket, path: str, times: int = 1) -> None:
        """Sends requests on a connection, one after the other, and sees the first answer begin."""
        key = self.http.headers["authorization"]
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {key}\r\n\r\n".encode() * times)
        assert client.recv(17) == b"HTTP/1.1 200 OK\r\n"

    def holds(self, client: socket.socket) -> bool:
        """Whether the gateway still has its end of a connection: what is closed there belongs to nobody."""
        ends = f":{self.port:04X}", f":{client.getsockname()[1]:04X}"
        found = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return any((row[1][-5:], row[2][-5:]) == ends and row[9] != "0" for row in found)

    def create_sessions(self, count: int) -> None:
        """Makes sessions, each of which is a large event."""
        hosts = [f"{'x' * 60}.{'x' * 60}.{'x' * 60}.{number}" for number in range(300)]
        config = {"allowed_hosts": hosts}
        body = {"agent_id": self.agent, "capabilities": [{"ref": "web_fetch", "config": config}]}
        for _ in range(count):
            made = self.http.post("/v1/sessions", json=body)
            assert made.status_code == 201, made.text


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Process, Path, str]]:
    """A server, its directory, and the key of an organization."""
    directory = tmp_path_factory.mktemp("read")
    with serving(directory) as (process, channel):
        keys = new_sessions(directory, channel).names["keys"]
        assert isinstance(keys, dict)
        yield process, directory, str(keys["owner"])
        assert "Traceback" not in process.errors, process.errors


@pytest.fixture(scope="module", params=["http", "https"])
def target(server: tuple[Process, Path, str], request: pytest.FixtureRequest) -> Iterator[Target]:
    """A gateway in front of the server."""
    process, directory, key = server
    scheme: str = request.param
    port = free_port()
    tls: ssl.SSLContext | None = None
    on = {
        "EVERRUNS_GRPC_PORT": str(process.grpc_port),
        "EVERRUNS_HTTP_PORT": str(port),
        "EVERRUNS_HTTP_SEND_SECONDS": str(SEND_SECONDS),
    }
    if scheme == "https":
        trust = new_trust(directory)
        tls = ssl.create_default_context(cafile=str(trust.ca))
        on |= {
            "EVERRUNS_HTTP_TLS_CERT": str(trust.server.certificate),
            "EVERRUNS_HTTP_TLS_KEY": str(trust.server.key),
        }
    with (
        running(["gateway"], directory, **on) as gateway,
        httpx.Client(
            base_url=f"{scheme}://{HOST}:{port}",
            headers={"authorization": f"Bearer {key}"},
            trust_env=False,
            timeout=PATIENCE,
            verify=tls or True,
        ) as http,
    ):
        assert gateway.read_line().startswith("listening on ")
        wait_until(gateway, lambda: http.get("/health").status_code == 200)
        made = http.post("/v1/agents", json={"name": f"large-{scheme}", "system_prompt": "x" * LARGE})
        assert made.status_code == 201, made.text
        yield Target(gateway, port, http, made.json()["id"], tls)
        assert gateway.runs
        assert "Traceback" not in gateway.errors, gateway.errors


PIECES = {"nothing": 0, "a byte at a time": 1, "a little at a time": 4096}


def test_who_takes_too_long_to_read_is_cut_off(target: Target) -> None:
    agent = f"/v1/agents/{target.agent}"
    asked = {agent: MANY, f"{agent}/export": MANY, "/v1/sessions:watch": 1}
    with ExitStack() as stack:
        readers = {}
        for path, times in asked.items():
            for size in PIECES.values():
                reader = target.connect(stack)
                target.asks(reader, path, times)
                reader.settimeout(0.01)
                readers[reader] = size
        target.create_sessions(80)
        until = time.monotonic() + PATIENCE
        while held := [reader for reader in readers if target.holds(reader)]:
            assert time.monotonic() < until, len(held)
            for reader in held:
                with suppress(OSError):
                    reader.recv(readers[reader])
            # Others are served as ever.
            assert target.http.get(agent).status_code == 200


def test_a_stream_whose_client_reads_nothing_is_cut_off_though_the_kernel_could_take_more(
    target: Target,
) -> None:
    with ExitStack() as stack:
        reader = target.connect(stack)
        target.asks(reader, "/v1/sessions:watch")
        target.create_sessions(3)
        wait_until(target.gateway, lambda: not target.holds(reader))


def test_who_reads_what_there_is_stays(target: Target) -> None:
    with ExitStack() as stack:
        reader = target.connect(stack)
        target.asks(reader, "/v1/sessions:watch")
        for _ in range(2):
            target.create_sessions(1)
            read = b""
            while b"event: created" not in read or not read.endswith(b"\n\n\r\n"):
                more = reader.recv(65_536)
                assert more
                read += more
            time.sleep(1.5 * SEND_SECONDS)
        assert target.holds(reader)
