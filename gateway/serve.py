"""Serves REST until SIGTERM or SIGINT, finishes what it has begun, and exits 0.

Settings that are wrong, and an address that it cannot listen on, make one line each on stderr and exit 1.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import ExitStack
from functools import partial
from importlib import import_module
from typing import cast

import uvicorn
from prometheus_client import CollectorRegistry

from gateway.app import build_app
from gateway.listen import listen
from gateway.log import logging_config
from gateway.metrics import metrics_served
from gateway.settings import Settings, SettingsError, from_environment
from gateway.slow_clients import Impatient
from gateway.tls import TlsError, channel_credentials, server_context
from gateway.workers import run_workers

_HEALTHCHECK_SECONDS = 20
"""How long a process may take to answer its supervisor. On a busy machine its start takes a while, too."""


def main() -> int:
    """Returns the exit status."""
    try:
        settings = from_environment()
        if settings.http_tls is not None:
            server_context(settings.http_tls)
        if settings.grpc_tls is not None:
            channel_credentials(settings.grpc_tls)
        if settings.otlp_endpoint is not None:
            import_module("gateway.tracing")
    except ImportError as error:
        return _fail(f"EVERRUNS_OTLP_ENDPOINT needs the extra otel: {error}")
    except (SettingsError, TlsError) as error:
        return _fail(str(error))
    try:
        listener = listen(settings.http_host, settings.http_port, settings.send_seconds)
    except OSError as error:
        return _fail(f"cannot listen on {settings.http_host}:{settings.http_port}: {error.strerror}")
    # uvicorn has its own handlers while it runs, and sends itself the signal again once it has stopped.
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: sys.exit(0))
    with listener, ExitStack() as running:
        try:
            registry = running.enter_context(metrics_served(settings))
        except OSError as error:
            where = f"{settings.metrics_host}:{settings.metrics_port}"
            return _fail(f"cannot listen on {where} for metrics: {error.strerror}")
        config = _uvicorn_config(settings, registry)
        host, port = listener.getsockname()[:2]
        authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        scheme = "http" if settings.http_tls is None else "https"
        print(f"listening on {scheme}://{authority}, for the server at {settings.grpc_target}", flush=True)
        if settings.http_workers > 1:
            return run_workers(config, listener)
        uvicorn.Server(config).run(sockets=[listener])
    return 0


def _uvicorn_config(settings: Settings, registry: CollectorRegistry | None) -> uvicorn.Config:
    return uvicorn.Config(
        # What makes the application can be handed to another process; the application cannot.
        partial(build_app, settings, registry),
        factory=True,
        access_log=False,
        # Of a class that is handed to other processes together with the setting.
        http=cast(
            "type[asyncio.Protocol]",
            partial(Impatient, settings.receive_seconds, settings.send_seconds, settings.most_connections),
        ),
        lifespan="on",
        log_config=logging_config(settings.log_format),
        # At "info" the supervisor says that a process has died and is replaced.
        log_level="warning" if settings.http_workers == 1 else "info",
        loop="asyncio",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=int(settings.timeout_seconds) + 1,
        timeout_worker_healthcheck=_HEALTHCHECK_SECONDS,
        ssl_context_factory=None if settings.http_tls is None else partial(server_context, settings.http_tls),
        workers=settings.http_workers,
        ws="none",
    )


def _fail(message: str) -> int:
    for line in message.splitlines():
        print(f"gateway: {line}", file=sys.stderr)
    return 1
