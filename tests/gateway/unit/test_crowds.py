"""More requests, and more connections, than a gateway takes are refused at once, with when to come again."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from gateway.access import Access
from gateway.dispatch import Dispatcher
from gateway.exchange import Answer, HttpRequest
from gateway.routes import RouteTable
from tests.gateway.unit.problem_document import problem
from tests.gateway.unit.processes import PATIENCE, gateway_process

MOST = 2


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    """Where a gateway listens that takes two connections."""
    with gateway_process(EVERRUNS_HTTP_MOST_CONNECTIONS=str(MOST)) as (_, url):
        parts = urlsplit(url)
        yield str(parts.hostname), int(parts.port or 0)


def asked(address: tuple[str, int]) -> tuple[socket.socket, bytes]:
    """A new connection, and the beginning of what it is told when it asks for what there is not."""
    connection = socket.create_connection(address, timeout=PATIENCE)
    connection.sendall(b"GET /nowhere HTTP/1.1\r\nhost: gateway\r\n\r\n")
    return connection, connection.recv(65536)


def test_more_connections_than_there_may_be(address: tuple[str, int]) -> None:
    kept = []
    for _ in range(MOST):
        connection, told = asked(address)
        assert told.startswith(b"HTTP/1.1 404 ")
        kept.append(connection)
    refused, told = asked(address)
    assert told.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nretry-after: 1\r\n" in told
    # What it has sent was never read, so the system may say so in its own way.
    with contextlib.suppress(ConnectionResetError):
        assert refused.recv(1) == b""
    refused.close()
    for connection in kept:
        connection.sendall(b"GET /nowhere HTTP/1.1\r\nhost: gateway\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 404 ")
    kept.pop().close()
    while not told.startswith(b"HTTP/1.1 404 "):
        connection, told = asked(address)
        kept.append(connection)
    for connection in kept:
        connection.close()


def test_more_requests_than_there_may_be() -> None:
    async def ask() -> tuple[list[httpx.Response], httpx.Response]:
        go_on = asyncio.Event()

        begun: list[HttpRequest] = []

        async def wait(request: HttpRequest) -> Answer:
            begun.append(request)
            await go_on.wait()
            return Answer(200, b"{}")

        dispatcher = Dispatcher(Access(), MOST)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await dispatcher(
                {**scope, "state": {"routes": RouteTable([("GET", "/wait", wait)])}}, receive, send
            )

        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://g") as client:
            waiting = [asyncio.ensure_future(client.get("/wait")) for _ in range(MOST)]
            while len(begun) < MOST:
                await asyncio.sleep(0)
            refused = await client.get("/wait")
            go_on.set()
            answered = [await each for each in waiting]
            return [*answered, await client.get("/wait")], refused

    answered, refused = asyncio.run(ask())
    assert [each.status_code for each in answered] == [200] * (MOST + 1)
    assert problem(refused, "SERVER_UNAVAILABLE", 503) == []
    assert "too many requests under way" in refused.json()["detail"]
    assert refused.headers["retry-after"] == "1"
