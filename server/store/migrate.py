"""Brings a database's schema up to date, one process at a time."""

from __future__ import annotations

from pathlib import Path

from playhouse.migrations import Runner

from server.store.dialect import Dialect

_DIRECTORY = Path(__file__).with_name("migrations")


def migrate(dialect: Dialect) -> list[str]:
    """Applies the migrations that are missing, all in one transaction; their names, in order.

    Raises StoreFailure when the database cannot be used, SchemaTooNew when a newer version of this
    service has changed it.
    """
    runner = Runner(dialect.database, str(_DIRECTORY))
    with dialect.migration_lock():
        unknown = [migration.name for migration in runner.status() if migration.path is None]
        if unknown:
            names = ", ".join(unknown)
            raise SchemaTooNew(f"a newer version of this service has changed the schema: {names}")
        return list(runner.up())


class SchemaTooNew(Exception):
    """The schema has changes that this version does not know."""
