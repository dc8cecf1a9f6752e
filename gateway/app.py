"""The gateway's parts put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypedDict

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from gateway import console, docs, elsewhere, health, routes
from gateway.access import Access
from gateway.channels import Channels
from gateway.dispatch import Dispatcher
from gateway.event_endpoint import EventEndpoint
from gateway.exchange import Endpoint
from gateway.metrics import HttpMetrics
from gateway.routes import Binding, RouteTable
from gateway.rpc_endpoint import RpcEndpoint
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.tracing import Tracing


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
        tracing = _tracing(settings)
        async with Channels(settings.grpc_target, settings.grpc_channels, settings.grpc_tls) as channels:
            yield {"routes": _route_table(channels, settings, tracing), "stopping": asyncio.Event()}
        if tracing is not None:
            tracing.close()

    metrics = HttpMetrics(registry or CollectorRegistry()) if settings.metrics_port is not None else None
    app = Starlette(lifespan=lifespan)
    # There are no other routes to redirect to, and looking for one copies every scope.
    app.router.redirect_slashes = False
    app.router.default = Dispatcher(Access(settings.log_calls, metrics), settings.most_requests)
    return app


def _tracing(settings: Settings) -> Tracing | None:
    if settings.otlp_endpoint is None:
        return None
    # Imported where it is used: it needs the extra `otel`.
    from gateway.tracing import Tracing

    return Tracing(settings.otlp_endpoint)


def _endpoint(binding: Binding, channels: Channels, settings: Settings, tracing: Tracing | None) -> Endpoint:
    answers = EventEndpoint if binding.rpc.server_streaming else RpcEndpoint
    endpoint = answers(binding, channels, settings)
    return tracing.around(binding.method, binding.path, endpoint) if tracing else endpoint


def _route_table(channels: Channels, settings: Settings, tracing: Tracing | None) -> RouteTable:
    bindings = routes.bindings(routes.service_descriptors())
    return RouteTable(
        [
            ("GET", health.PATH, health.HealthEndpoint(channels)),
            *(console.routes() if settings.console else ()),
            *(docs.routes(bindings) if settings.docs else ()),
            *(
                (binding.method, binding.template, _endpoint(binding, channels, settings, tracing))
                for binding in bindings
            ),
        ],
        elsewhere.PATHS,
    )
