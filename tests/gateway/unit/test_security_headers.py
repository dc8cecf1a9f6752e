"""What every answer says of how it may be kept and shown."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from everruns.v1 import session_pb2
from gateway.access import Access
from gateway.dispatch import Dispatcher
from gateway.exchange import Answer, HttpRequest
from gateway.routes import RouteTable
from tests.gateway.unit.fake_server import FakeServer

EXPECTED = {
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/sessions/s", 200),
        ("DELETE", "/v1/sessions/s", 500),
        ("POST", "/v1/sessions", 400),
        ("GET", "/nothing", 404),
        ("PUT", "/health", 405),
    ],
)
def test_every_answer_has_them(
    method: str, path: str, status: int, server: FakeServer, client: httpx.Client
) -> None:
    server.reply("GetSession", session_pb2.Session(id="s"))
    answer = client.request(method, path)
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in EXPECTED} == EXPECTED
    # Plain HTTP cannot promise that there is TLS.
    assert "strict-transport-security" not in answer.headers


def test_what_an_endpoint_says_of_itself_stays() -> None:
    async def page(request: HttpRequest) -> Answer:
        return Answer(200, b"<p>", ((b"content-security-policy", b"default-src 'self'"),))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Dispatcher(Access(), 1)(
            {**scope, "state": {"routes": RouteTable([("GET", "/page", page)])}}, receive, send
        )

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            return await client.get("https://gateway/page")

    answer = asyncio.run(ask())
    assert answer.headers.get_list("content-security-policy") == ["default-src 'self'"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
