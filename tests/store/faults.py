"""A dialect that notes what is asked of it, and fails where a test says so."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

from peewee import Expression, Field, Value

from server.store.dialect import Cursor, Dialect
from server.store.statement import Bound, Statement


class FaultyDialect:
    """Passes everything on to a dialect, except what is to fail, which never gets there."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._faults: dict[str, tuple[BaseException, int]] = {}
        self._next: dict[str, tuple[BaseException, int]] = {}
        self.database = dialect.database
        self.begin = dialect.begin
        self.shard = dialect.shard
        self.lock_row = dialect.lock_row
        self.commands: list[str] = []
        self.statements: list[str] = []

    def fail(self, sql: str, error: BaseException, times: int = 1_000_000) -> None:
        """Lets so many statements that begin like this fail with the error, from the next transaction on."""
        self._next[sql] = (error, times)

    def heal(self) -> None:
        """Lets nothing fail any more."""
        self._faults.clear()
        self._next.clear()

    def execute(self, statement: Statement, values: Sequence[Bound]) -> Cursor:
        self.statements.append(statement.sql)
        self._fail_or_pass(statement.sql)
        return self._dialect.execute(statement, values)

    def command(self, sql: str) -> None:
        self.commands.append(sql)
        if sql == self.begin:
            self._faults.update(self._next)
            self._next.clear()
        self._fail_or_pass(sql)
        self._dialect.command(sql)

    def together(self) -> AbstractContextManager[None]:
        return self._dialect.together()

    def rollback(self) -> None:
        self._dialect.rollback()

    def key(self, id: bytes) -> Bound:
        return self._dialect.key(id)

    def contains(self, text: Field, part: Value) -> Expression:
        return self._dialect.contains(text, part)

    def has_all(self, document: Field, wanted: Value) -> Expression:
        return self._dialect.has_all(document, wanted)

    def migration_lock(self) -> AbstractContextManager[None]:
        return self._dialect.migration_lock()

    def close(self) -> None:
        self._dialect.close()

    def _fail_or_pass(self, sql: str) -> None:
        for beginning, (error, times) in list(self._faults.items()):
            if sql.startswith(beginning) and times > 0:
                self._faults[beginning] = (error, times - 1)
                raise error
