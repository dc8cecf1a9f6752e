"""A store whose reads and writes have spans within those of the calls that they are for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TypeVar

from peewee import Expression, Field, Value

from server.core.later import Later
from server.core.meters import Meters
from server.core.spans import Spans
from server.store.dialect import Cursor, Dialect
from server.store.group import Batch
from server.store.statement import Bound, Statement
from server.store.transaction import Transaction
from server.store.writer import Writer

T = TypeVar("T")
R = TypeVar("R")


class TracedDialect:
    """Passes everything on to a dialect; statements on the threads of calls, which are reads, have a span."""

    def __init__(self, dialect: Dialect, spans: Spans) -> None:
        self._dialect = dialect
        self._spans = spans
        self.database = dialect.database
        self.begin = dialect.begin
        self.shard = dialect.shard
        self.lock_row = dialect.lock_row
        self.key = dialect.key
        self.rollback = dialect.rollback
        self.command = dialect.command

    def execute(self, statement: Statement, values: Sequence[Bound]) -> Cursor:
        with self._spans.within("store read"):
            return self._dialect.execute(statement, values)

    def together(self) -> AbstractContextManager[None]:
        return self._dialect.together()

    def contains(self, text: Field, part: Value) -> Expression:
        return self._dialect.contains(text, part)

    def has_all(self, document: Field, wanted: Value) -> Expression:
        return self._dialect.has_all(document, wanted)

    def migration_lock(self) -> AbstractContextManager[None]:
        return self._dialect.migration_lock()

    def close(self) -> None:
        self._dialect.close()


class TracedWriter(Writer):
    """A writer whose writes each have a span: from when it waits for a transaction to when it is on disk."""

    def __init__(
        self,
        dialect: Dialect,
        before_commit: Callable[[Transaction], None],
        longest_queue: int,
        largest_group: int,
        meters: Meters | None,
        spans: Spans,
    ) -> None:
        super().__init__(dialect, before_commit, longest_queue, largest_group, meters)
        self._spans = spans

    def run(self, write: Callable[[Transaction], T], deadline: float) -> T:
        with self._spans.within("store write"):
            return super().run(write, deadline)

    def add(self, batch: Batch[T, R], item: T, deadline: float) -> Later[R]:
        return self._spans.until_there("store write", super().add(batch, item, deadline))
