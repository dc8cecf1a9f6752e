"""The databases that the suite runs on. A new kind is a class here and an entry in BACKENDS."""

from __future__ import annotations

import contextlib
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol
from urllib.parse import urlsplit

import psycopg
import pytest
from peewee import Database

from server.core.clock import Clock, wall_clock
from server.core.quota import NO_QUOTAS, Quotas
from server.store import models
from server.store.dialect import Dialect
from server.store.migrate import migrate
from server.store.peewee_store import LONGEST_QUEUE, PeeweeStore, open_dialect


class Backend(Protocol):
    """A database that one test has to itself."""

    name: str
    url: str

    def open(
        self, longest_queue: int = LONGEST_QUEUE, clock: Clock = wall_clock, quotas: Quotas = NO_QUOTAS
    ) -> PeeweeStore:
        """A store over the database, its schema up to date. May be called again: as another process."""

    def dialect(self) -> Dialect:
        """A dialect over the database, as it is."""

    def shorten_waits(self, patch: pytest.MonkeyPatch) -> None:
        """Makes what is opened from now on wait a fraction of a second for what another holds."""

    def locked(self) -> AbstractContextManager[None]:
        """While it lasts, somebody else keeps every write waiting."""

    def unreachable(self) -> AbstractContextManager[None]:
        """While it lasts, no new connection can be made."""

    def drop_connections(self) -> None:
        """Ends every connection that outlives its process or can be ended from outside."""

    def schema(self, database: Database) -> list[str]:
        """Every table, column, constraint and index, in one order."""

    def cleanup(self) -> None:
        """Closes what was opened, and removes the database."""


class _Opened:
    """The stores and dialects over one URL, to be closed when the test is over."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._closing: list[Callable[[], None]] = []

    def open(
        self, longest_queue: int = LONGEST_QUEUE, clock: Clock = wall_clock, quotas: Quotas = NO_QUOTAS
    ) -> PeeweeStore:
        dialect = self.dialect()
        migrate(dialect)
        store = PeeweeStore(dialect, longest_queue, clock=clock, quotas=quotas)
        self._closing.append(store.close)
        return store

    def dialect(self) -> Dialect:
        dialect = open_dialect(self.url)
        self._closing.append(dialect.close)
        return dialect

    def cleanup(self) -> None:
        for close in reversed(self._closing):
            close()


class SqliteBackend(_Opened):
    """SQLite, a file in a directory of its own."""

    name = "sqlite"

    def __init__(self, request: pytest.FixtureRequest) -> None:
        directories: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
        self._directory = directories.mktemp("sqlite")
        self._path = self._directory / "everruns.db"
        super().__init__(f"sqlite:///{self._path}")

    def shorten_waits(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr("server.store.sqlite.LOCK_WAIT", 0.1)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        with contextlib.closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield

    @contextlib.contextmanager
    def unreachable(self) -> Iterator[None]:
        aside = self._directory.with_name(f"{self._directory.name}-aside")
        self._directory.rename(aside)
        try:
            yield
        finally:
            aside.rename(self._directory)

    def drop_connections(self) -> None:
        """None outlives its process."""

    def schema(self, database: Database) -> list[str]:
        rows = database.execute_sql("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
        return sorted(map(str, rows))


class PostgresBackend(_Opened):
    """PostgreSQL, a new database of the run's own server."""

    name = "postgresql"

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._server: str = request.getfixturevalue("postgres_url")
        self._database = f"test_{uuid.uuid4().hex}"
        self.administer(f"CREATE DATABASE {self._database}")
        super().__init__(urlsplit(self._server)._replace(path=f"/{self._database}").geturl())

    def shorten_waits(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr("server.store.postgres.STATEMENT_WAIT_MS", 100)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        tables = ", ".join(model._meta.table_name for model in models.TABLES)
        with contextlib.closing(psycopg.connect(self.url)) as connection:
            connection.execute(f"LOCK TABLE {tables} IN EXCLUSIVE MODE")
            yield

    @contextlib.contextmanager
    def unreachable(self) -> Iterator[None]:
        self.administer(f"ALTER DATABASE {self._database} WITH ALLOW_CONNECTIONS false")
        self.drop_connections()
        try:
            yield
        finally:
            self.administer(f"ALTER DATABASE {self._database} WITH ALLOW_CONNECTIONS true")

    def drop_connections(self) -> None:
        self.administer(
            f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{self._database}'"
        )

    def schema(self, database: Database) -> list[str]:
        columns = """SELECT table_name, column_name, ordinal_position, column_default, is_nullable, data_type,
            character_maximum_length FROM information_schema.columns WHERE table_schema = 'public'"""
        constraints = """SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace"""
        indexes = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        queries = (columns, constraints, indexes)
        return sorted(str(row) for sql in queries for row in database.execute_sql(sql).fetchall())

    def cleanup(self) -> None:
        super().cleanup()
        self.administer(f"DROP DATABASE {self._database} WITH (FORCE)")

    def administer(self, sql: str) -> None:
        """Runs a statement on the server's own database."""
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(sql.encode())


BACKENDS: dict[str, Callable[[pytest.FixtureRequest], Backend]] = {
    backend.name: backend for backend in (SqliteBackend, PostgresBackend)
}
"""Every test of the store runs on each of these."""
