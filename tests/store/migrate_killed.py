"""`python -m tests.store.migrate_killed URL STATEMENT`: brings a schema up to date, and dies half way.

STATEMENT is the one, counted from 1, that it no longer runs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from peewee import Database

from server.store.migrate import migrate
from server.store.peewee_store import open_dialect
from tests.store.copy_killed import die


def die_before(statement: int) -> None:
    """Makes the process die before the statement of this number that peewee runs."""
    execute: Callable[..., object] = Database.execute_sql
    left = [None] * statement

    def counted(self: Database, sql: str, params: object = None) -> object:
        left.pop()
        if not left:
            die()
        return execute(self, sql, params)

    Database.execute_sql = counted  # type: ignore[method-assign]  # the fault to force


if __name__ == "__main__":
    url, statement = sys.argv[1:]
    die_before(int(statement))
    migrate(open_dialect(url))
