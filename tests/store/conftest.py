from __future__ import annotations

from collections.abc import Iterator

import pytest

from server.store.migrate import migrate
from server.store.peewee_store import PeeweeStore
from tests.store.backends import BACKENDS, Backend, PostgresBackend, SqliteBackend
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


@pytest.fixture(scope="module", params=BACKENDS)
def store(request: pytest.FixtureRequest) -> Iterator[PeeweeStore]:
    """A store of each kind in turn. Tests of a module share it, each in organizations of its own."""
    backend = BACKENDS[request.param](request)
    yield backend.open()
    backend.cleanup()


@pytest.fixture
def sqlite(request: pytest.FixtureRequest) -> Iterator[SqliteBackend]:
    """A new empty SQLite database, where the kind does not matter."""
    backend = SqliteBackend(request)
    yield backend
    backend.cleanup()


@pytest.fixture
def postgres(request: pytest.FixtureRequest) -> Iterator[PostgresBackend]:
    """A new empty PostgreSQL database."""
    backend = PostgresBackend(request)
    yield backend
    backend.cleanup()


@pytest.fixture
def faulty(sqlite: SqliteBackend) -> FaultyDialect:
    """A dialect over the SQLite database, migrated, which fails where a test says so."""
    dialect = FaultyDialect(sqlite.dialect())
    migrate(dialect)
    return dialect


@pytest.fixture
def faulty_store(faulty: FaultyDialect) -> Iterator[PeeweeStore]:
    """A store over the faulty dialect."""
    store = PeeweeStore(faulty)
    yield store
    store.close()
