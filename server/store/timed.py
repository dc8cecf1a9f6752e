"""A dialect whose statements and commits are timed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
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
        # Of the writer's thread, which alone commits.
        self._together = False
        self._committing_since: float | None = None

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
        elif self._together:
            # It may be sent with the rest, so it has been made when `together` ends.
            self._committing_since = perf_counter()
            self._dialect.command(sql)
        else:
            with self.together():
                self.command(sql)

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        self._together, self._committing_since = True, None
        try:
            with self._dialect.together():
                yield
        except BaseException:
            self._add_commit("failed")
            raise
        else:
            self._add_commit("ok")
        finally:
            self._together = False

    def _add_commit(self, outcome: str) -> None:
        if self._committing_since is not None:
            self._commits.add(outcome, perf_counter() - self._committing_since)

    def contains(self, text: Field, part: Value) -> Expression:
        return self._dialect.contains(text, part)

    def has_all(self, document: Field, wanted: Value) -> Expression:
        return self._dialect.has_all(document, wanted)

    def migration_lock(self) -> AbstractContextManager[None]:
        return self._dialect.migration_lock()

    def close(self) -> None:
        self._dialect.close()
