"""The gateway's parts put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from gateway import console, docs, elsewhere, health, routes
from gateway.access import Access
from gateway.channels import Channels
from gateway.dispatch import Dispatcher
from gateway.event_endpoint import EventEndpoint
from gateway.metrics import HttpMetrics
from gateway.routes import RouteTable
from gateway.rpc_endpoint import RpcEndpoint
from gateway.settings import Settings


class State(TypedDict):
    """What the lifespan hands to every request."""

    routes: RouteTable
    stopping: asyncio.Event
    """Set when the process is to end, so that what would go on for ever does not."""


def build_app(settings: Settings, registry: CollectorRegistry | None = None) -> Starlette:
    """Returns the ASGI application. While it lives it holds its gRPC channels to the server. Its metrics,
    if the settings have a port for them, are in the registry.

    It starts, and answers 503, also while the server cannot be reached.
    """

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[State]:
        async with Channels(settings.grpc_target, settings.grpc_channels, settings.grpc_tls) as channels:
            yield {"routes": _route_table(channels, settings), "stopping": asyncio.Event()}

    metrics = HttpMetrics(registry or CollectorRegistry()) if settings.metrics_port is not None else None
    app = Starlette(lifespan=lifespan)
    # There are no other routes to redirect to, and looking for one copies every scope.
    app.router.redirect_slashes = False
    app.router.default = Dispatcher(Access(settings.log_calls, metrics), settings.most_requests)
    return app


def _route_table(channels: Channels, settings: Settings) -> RouteTable:
    bindings = routes.bindings(routes.service_descriptors())
    return RouteTable(
        [
            ("GET", health.PATH, health.HealthEndpoint(channels)),
            *(console.routes() if settings.console else ()),
            *(docs.routes(bindings) if settings.docs else ()),
            *(
                (
                    binding.method,
                    binding.template,
                    (EventEndpoint if binding.rpc.server_streaming else RpcEndpoint)(
                        binding, channels, settings
                    ),
                )
                for binding in bindings
            ),
        ],
        elsewhere.PATHS,
    )
