"""The gateway's parts put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

from starlette.applications import Starlette

from gateway import elsewhere, health, routes
from gateway.channels import Channels
from gateway.dispatch import Dispatcher
from gateway.routes import RouteTable
from gateway.rpc_endpoint import RpcEndpoint
from gateway.settings import Settings


class State(TypedDict):
    """What the lifespan hands to every request."""

    routes: RouteTable


def build_app(settings: Settings) -> Starlette:
    """Returns the ASGI application. While it lives it holds its gRPC channels to the server.

    It starts, and answers 503, also while the server cannot be reached.
    """

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[State]:
        async with Channels(settings.grpc_target, settings.grpc_channels) as channels:
            yield {"routes": _route_table(channels, settings)}

    app = Starlette(lifespan=lifespan)
    # There are no other routes to redirect to, and looking for one copies every scope.
    app.router.redirect_slashes = False
    app.router.default = Dispatcher()
    return app


def _route_table(channels: Channels, settings: Settings) -> RouteTable:
    return RouteTable(
        [
            ("GET", health.PATH, health.HealthEndpoint(channels)),
            *(
                (binding.method, binding.template, RpcEndpoint(binding, channels, settings))
                for binding in routes.bindings(routes.service_descriptors())
            ),
        ],
        elsewhere.PATHS,
    )
