"""A real server in this process: SQLite in a directory of its own, a real port, a real channel."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest

from server.app import build
from server.core.caller import Scope
from server.core.catalog import Catalog
from server.core.store import Store
from server.rpc.admission import Admission
from server.rpc.calls import Calls
from server.rpc.request_threads import RequestThreads
from server.rpc.services import add_service
from server.services import AGENTS, AUDIT, CAPABILITIES, KEYS, MODELS, SESSIONS, TURNS, make_services
from server.settings import Settings, read_settings
from server.usecases.authenticate import Authenticate
from tests.store.backends import PostgresBackend


def settings_of(directory: Path, **more: str) -> Settings:
    """The settings of a server that keeps everything in a directory."""
    return read_settings({"EVERRUNS_DATA_DIR": str(directory), "EVERRUNS_GRPC_PORT": "0", **more})


def on(database: str, request: pytest.FixtureRequest) -> dict[str, str]:
    """The settings of a server on a kind of database: a file where nothing is said, or the PostgreSQL of a
    test's module."""
    if database == "sqlite":
        return {}
    backend: PostgresBackend = request.getfixturevalue("postgres")
    return {"EVERRUNS_DATABASE_URL": backend.url}


@contextmanager
def running_server(settings: Settings) -> Iterator[tuple[Store, str]]:
    """The store and the address of a server, while it runs."""
    app = build(settings)
    try:
        with _started(app.server) as target:
            yield app.store, target
    finally:
        app.store.close()


@contextmanager
def running_server_over(store: Store, catalog: Catalog) -> Iterator[str]:
    """The address of a server over this store, while it runs."""
    services = make_services(store, catalog, None)
    threads = RequestThreads(4, "wire", Admission(1_000, 1_000))
    server = grpc.server(threads, options=[("grpc.so_reuseport", 0)])
    calls = Calls(Authenticate(store.keys))
    add_service(server, calls, SESSIONS, services.sessions)
    add_service(server, calls, AGENTS, services.agents)
    add_service(server, calls, CAPABILITIES, services.capabilities)
    add_service(server, calls, TURNS, services.turns)
    add_service(server, calls, KEYS, services.keys, Scope.ADMIN)
    add_service(server, calls, AUDIT, services.audit, Scope.ADMIN)
    add_service(server, calls, MODELS, services.models)
    with _started(server) as target:
        yield target
    threads.shutdown(wait=False)


@contextmanager
def _started(server: grpc.Server) -> Iterator[str]:
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()
