from __future__ import annotations

from collections.abc import Iterator

import pytest

from server.store.migrate import migrate
from server.store.peewee_store import PeeweeStore
from tests.store.backends import BACKENDS, Backend, SqliteBackend
from tests.store.faults import FaultyDialect
from tests.store.postgres_server import running_postgres


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server, started when the first test asks for it."""
    with running_postgres() as url:
        yield url


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """A new empty database of each kind in turn."""
    backend = BACKENDS[request.param](request)
    yield backend
    backend.cleanup()


@pytest.fixture
def store(backend: Backend) -> PeeweeStore:
    """A store over a new database of each kind in turn."""
    return backend.open()


@pytest.fixture
def faulty(request: pytest.FixtureRequest) -> Iterator[FaultyDialect]:
    """A dialect over a new SQLite database, which fails where a test says so."""
    backend = SqliteBackend(request)
    dialect = FaultyDialect(backend.dialect())
    migrate(dialect)
    yield dialect
    backend.cleanup()


@pytest.fixture
def faulty_store(faulty: FaultyDialect) -> Iterator[PeeweeStore]:
    """A store over the faulty dialect."""
    store = PeeweeStore(faulty)
    yield store
    store.close()
