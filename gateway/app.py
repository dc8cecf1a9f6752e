"""The gateway's parts put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

import grpc
from starlette.applications import Starlette

from gateway import health, routes
from gateway.dispatch import Dispatcher
from gateway.routes import RouteTable
from gateway.rpc_endpoint import RpcEndpoint
from gateway.settings import Settings

_CHANNEL_OPTIONS = (
    # The server says what is too large for it, and its answers are as large as they are.
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    # A server refuses pings that come closer than 5 minutes unless it is told otherwise.
    ("grpc.keepalive_time_ms", 300_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    # gRPC's own longest wait, two minutes, would outlast a restart of the server by far.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
)


class State(TypedDict):
    """What the lifespan hands to every request."""

    routes: RouteTable


def build_app(settings: Settings) -> Starlette:
    """Returns the ASGI application. While it lives it holds one gRPC channel to the server.

    It starts, and answers 503, also while the server cannot be reached.
    """

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[State]:
        async with grpc.aio.insecure_channel(settings.grpc_target, options=_CHANNEL_OPTIONS) as channel:
            yield {"routes": _route_table(channel, settings)}

    app = Starlette(lifespan=lifespan)
    # There are no other routes to redirect to, and looking for one copies every scope.
    app.router.redirect_slashes = False
    app.router.default = Dispatcher()
    return app


def _route_table(channel: grpc.aio.Channel, settings: Settings) -> RouteTable:
    return RouteTable(
        [
            ("GET", health.PATH, health.HealthEndpoint(channel)),
            *(
                (binding.method, binding.path, RpcEndpoint(binding, channel, settings))
                for binding in routes.bindings(routes.service_descriptors())
            ),
        ]
    )
