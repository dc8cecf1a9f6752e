"""A dialect whose statements and commits are timed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from time import perf_counter

from peewee import Expression, Field, Value

from server.core.meters import Meters
from server.store.dialect import Cursor, Dialect
from server.store.statement import Bound, Statement


class TimedDialect:
    """Passes everything on to a dialect, and counts in `meters` how long statements and commits took."""

    def __init__(self, dialect: Dialect, meters: Meters) -> None:
        self._dialect = dialect
        self._statements = meters.statements
        self._commits = meters.commits
        self.database = dialect.database
        self.begin = dialect.begin
        self.shard = dialect.shard
        self.lock_row = dialect.lock_row
        self.key = dialect.key
        self.rollback = dialect.rollback

    def execute(self, statement: Statement, values: Sequence[Bound]) -> Cursor:
        kind = "read" if statement.sql.startswith("SELECT") else "write"
        started = perf_counter()
        try:
            return self._dialect.execute(statement, values)
        finally:
            self._statements.add(kind, perf_counter() - started)

    def command(self, sql: str) -> None:
        if sql != "COMMIT":
            self._dialect.command(sql)
            return
        started = perf_counter()
        outcome = "failed"
        try:
            self._dialect.command(sql)
            outcome = "ok"
        finally:
            self._commits.add(outcome, perf_counter() - started)

    def contains(self, text: Field, part: Value) -> Expression:
        return self._dialect.contains(text, part)

    def has_all(self, document: Field, wanted: Value) -> Expression:
        return self._dialect.has_all(document, wanted)

    def migration_lock(self) -> AbstractContextManager[None]:
        return self._dialect.migration_lock()

    def close(self) -> None:
        self._dialect.close()
