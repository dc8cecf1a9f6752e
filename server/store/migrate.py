"""Brings a database's schema up to date, one process at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from peewee import DatabaseError, InterfaceError
from playhouse.migrations import Migration, Runner

from server.store.dialect import Dialect, StoreFailure

_DIRECTORY = Path(__file__).with_name("migrations")


def migrate(dialect: Dialect) -> list[str]:
    """Applies the migrations that are missing, all in one transaction; their names, in order.

    Raises StoreFailure when the database cannot be used, SchemaTooNew when a newer version of this
    service has changed it.
    """
    with _failures_translated():
        runner = Runner(dialect.database, str(_DIRECTORY))
        with dialect.migration_lock():
            _refuse_unknown(runner.status())
            return list(runner.up())


def applied_migrations(dialect: Dialect) -> list[str]:
    """The names of those that are applied, in order; changes nothing. Raises SchemaTooNew."""
    with _failures_translated():
        migrations = Runner(dialect.database, str(_DIRECTORY)).status()
    _refuse_unknown(migrations)
    return [migration.name for migration in migrations if migration.applied is not None]


def require_current(dialect: Dialect) -> None:
    """Changes nothing. Raises SchemaTooOld when `migrate` would, and SchemaTooNew as it does."""
    with _failures_translated():
        migrations = Runner(dialect.database, str(_DIRECTORY)).status()
    _refuse_unknown(migrations)
    missing = ", ".join(migration.name for migration in migrations if migration.applied is None)
    if missing:
        raise SchemaTooOld(f"its schema is not up to date, migrate it first: {missing} is missing")


@contextlib.contextmanager
def _failures_translated() -> Iterator[None]:
    try:
        yield
    except (DatabaseError, InterfaceError) as error:
        raise StoreFailure(f"the schema cannot be looked at or changed: {error}") from error


def _refuse_unknown(migrations: list[Migration]) -> None:
    unknown = ", ".join(migration.name for migration in migrations if migration.path is None)
    if unknown:
        raise SchemaTooNew(f"a newer version of this service has changed the schema: {unknown}")


class SchemaTooNew(Exception):
    """The schema has changes that this version does not know."""


class SchemaTooOld(Exception):
    """The schema lacks changes that this version needs."""
