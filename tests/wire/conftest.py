from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.core.store import Store
from tests.store.backends import PostgresBackend
from tests.store.postgres_server import running_postgres
from tests.wire.harness.call import TRANSPORTS, Client, Transport
from tests.wire.harness.catalog import write_catalog
from tests.wire.harness.clients import Clients, connected
from tests.wire.harness.json_value import Json
from tests.wire.harness.server import running_server, settings_of
from tests.wire.harness.tenant import new_organization, with_agent


@pytest.fixture(scope="session")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, str]]:
    directory: Path = tmp_path_factory.mktemp("wire")
    catalog = write_catalog(directory / "catalog")
    with running_server(settings_of(directory, EVERRUNS_CATALOG_DIR=str(catalog))) as running:
        yield running


@pytest.fixture(scope="session")
def store(_server: tuple[Store, str]) -> Store:
    """The store of the server that all tests share, each in organizations of its own."""
    return _server[0]


@pytest.fixture(scope="session")
def clients(_server: tuple[Store, str]) -> Iterator[Clients]:
    """The clients of the server that all tests share."""
    with connected(_server[1]) as both:
        yield both


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> Transport:
    """Each transport in turn."""
    chosen: Transport = request.param
    return chosen


@pytest.fixture
def client(clients: Clients, transport: Transport) -> Client:
    """A client of each transport in turn."""
    return clients.of(transport)


@pytest.fixture
def names(store: Store, clients: Clients) -> dict[str, Json]:
    """What names in a call stand for: a new organization with an agent, and `other`, another such."""
    other = with_agent(new_organization(store), clients.grpc)
    return {**with_agent(new_organization(store), clients.grpc), "other": other}


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server, started when the first test asks for it."""
    with running_postgres() as url:
        yield url


@pytest.fixture(scope="module")
def postgres(request: pytest.FixtureRequest) -> Iterator[PostgresBackend]:
    """A new empty PostgreSQL database for the tests of a module."""
    backend = PostgresBackend(request)
    yield backend
    backend.cleanup()
