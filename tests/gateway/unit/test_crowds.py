"""More requests, and more connections, than a gateway takes are refused at once, with when to come again."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from http.client import HTTPResponse
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


def ask(connection: socket.socket) -> HTTPResponse:
    """The answer, read whole, to a question for what there is not."""
    connection.sendall(b"GET /nowhere HTTP/1.1\r\nhost: gateway\r\n\r\n")
    return told(connection)


def told(connection: socket.socket) -> HTTPResponse:
    """What a connection is answered, read whole."""
    answer = HTTPResponse(connection)
    answer.begin()
    answer.read()
    return answer


def test_more_connections_than_there_may_be(address: tuple[str, int]) -> None:
    with ExitStack() as open_ones:

        def connection() -> socket.socket:
            return open_ones.enter_context(socket.create_connection(address, timeout=PATIENCE))

        kept = [connection() for _ in range(MOST)]
        assert [ask(one).status for one in kept] == [404] * MOST
        one_more = connection()
        refused = told(one_more)
        assert (refused.status, refused.headers["retry-after"]) == (503, "1")
        assert one_more.recv(1) == b""
        assert [ask(one).status for one in kept] == [404] * MOST
        kept.pop().close()
        is_let_in = False
        while not is_let_in:
            # It may be refused, and closed, before it has asked.
            with suppress(ConnectionError):
                is_let_in = ask(connection()).status == 404


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
