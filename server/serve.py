"""Serving: a port, signals, health, and an orderly end."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial

import grpc
from grpc_health.v1 import health_pb2

from server.app import App, build, open_store
from server.catalog.load import load_catalog
from server.connections import cut_connections
from server.executor import Threads
from server.io_threads import give_way
from server.metrics_port import metrics_of_processes_served, metrics_served
from server.probe import probing
from server.processes import PortTaken, cores_to_pin, pinned, run_processes
from server.rpc.certificates import server_credentials
from server.services import SERVICES, TRANSFERS
from server.settings import Settings, require_encryption

logger = logging.getLogger(__name__)

GRACE = 30.0
"""How long, in seconds, calls in flight have to finish when the server stops."""

_LOOK_EVERY = 1.0
_LOOK_OFTEN = 0.02
_QUIET = 3
_LEAD = 0.5
_FLUSH = 0.5


def serve(
    settings: Settings,
    when_serving: Callable[[], None] = lambda: None,
    while_true: Callable[[], bool] = lambda: True,
) -> None:
    """Serves until SIGTERM or SIGINT; then finishes the calls in flight and returns.

    `when_serving` is called once calls are answered; serving ends, too, when `while_true` no longer is.
    Raises PortTaken, MetricsPortTaken, StartFailed, CertificateError, BadSetting where the port would be open
    to others in plain text, and what `build` raises.
    """
    require_encryption(settings)
    if settings.tls is not None:
        server_credentials(settings.tls)
    if settings.workers == 1:
        _serve_here(settings, cores_to_pin(settings)[0], when_serving, while_true)
    else:
        # What stops every process is said once, and the schema is brought up to date before there are
        # processes to wait for each other.
        load_catalog(settings.catalog_dir)
        open_store(settings).close()
        with metrics_of_processes_served(settings) as shared:
            run_processes(shared, serve_one, when_serving, while_true)


def serve_one(settings: Settings, when_serving: Callable[[], None]) -> None:
    """Serves as one of several processes; see `serve`."""
    _serve_here(settings, None, when_serving, lambda: True)


def _look_after(app: App) -> bool:
    """Writes down what waits for a quiet moment; whether the store is well."""
    app.key_uses.write()
    app.denials.write()
    return app.store.is_healthy()


def _serve_here(
    settings: Settings,
    core: int | None,
    when_serving: Callable[[], None],
    while_true: Callable[[], bool],
) -> None:
    # Threads keep to the core of the one that made them; this one, which starts processes, does not.
    with pinned(core):
        app = build(settings)
    try:
        port = listen(app.server, settings)
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        families = app.metrics.families if app.metrics else None
        with contextlib.ExitStack() as running:
            with pinned(core):
                running.enter_context(metrics_served(settings, families))
                app.server.start()
                give_way()
                app.sweeper.start()
                running.enter_context(probing(partial(_look_after, app), partial(show_health, app)))
            logger.info("serving gRPC on %s:%d", settings.grpc_host, port)
            when_serving()
            while not stop.wait(_LOOK_EVERY) and while_true():
                pass
            drain(app, port)
            app.key_uses.write()
            app.denials.write()
    finally:
        app.sweeper.stop()
        app.store.close()
        if app.tracing is not None:
            app.tracing.close()


def listen(server: grpc.Server, settings: Settings) -> int:
    """Opens the port, and answers its number. Raises PortTaken, and CertificateError."""
    address = f"{settings.grpc_host}:{settings.grpc_port}"
    tls = settings.tls
    try:
        if tls is None:
            port = server.add_insecure_port(address)
        else:
            port = server.add_secure_port(address, server_credentials(tls))
    except RuntimeError:
        port = 0
    if port == 0:
        raise PortTaken(f"cannot listen on {address}: the port is taken, or the host is not this machine's")
    return port


def show_health(app: App, healthy: bool) -> None:
    """Tells the clients that ask how the server is, as a whole and per service."""
    status = health_pb2.HealthCheckResponse
    for name in ("", *(descriptor.full_name for descriptor in (*SERVICES, TRANSFERS))):
        app.health.set(name, status.SERVING if healthy else status.NOT_SERVING)


def drain(app: App, port: int) -> None:
    """Stops: clients are told, calls in flight finish, new ones are refused as retryable."""
    logger.info("stopping: finishing the calls in flight")
    app.health.enter_graceful_shutdown()
    app.watches.close()
    started = time.monotonic()
    # What has come already, or comes before its client has heard, is still taken.
    _wait_for_quiet(app.threads, _LEAD)
    app.calls.refuse()
    # A call that is not yet among them will be refused.
    in_flight = [call for threads in app.threads for call in threads.making()]
    while not all(call.ended for call in in_flight) and time.monotonic() < started + GRACE:
        time.sleep(_LOOK_OFTEN)
    # Answers are on their way.
    _wait_for_quiet(app.threads, _FLUSH)
    # gRPC would end what comes from now on as CANCELLED, as if its client had wished so.
    cut_connections(port)
    app.server.stop(None).wait()
    for threads in app.threads:
        threads.shutdown(wait=False)
    logger.info("stopped after %.1f s", time.monotonic() - started)


def _wait_for_quiet(pools: Sequence[Threads], longest: float) -> None:
    """Returns when no thread has had anything to do for a moment, or after so many seconds."""
    until, quiet = time.monotonic() + longest, 0
    while quiet < _QUIET and time.monotonic() < until:
        time.sleep(_LOOK_OFTEN)
        quiet = quiet + 1 if all(threads.is_idle() for threads in pools) else 0
