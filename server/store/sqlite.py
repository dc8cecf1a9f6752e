"""SQLite as a dialect: one file, one writer, every commit synced to disk."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import cast

from peewee import (
    SQL,
    Column,
    Database,
    Expression,
    Field,
    PeeweeException,
    Select,
    SqliteDatabase,
    Value,
    fn,
)

from server.store.dialect import Cursor, DuplicateRow, MissingRow, StoreFailure
from server.store.statement import Bound, Statement

LOCK_WAIT = 5.0
"""How long, in seconds, a write waits for another process to let go of the database."""


class _Sqlite(SqliteDatabase):
    def __init__(self, path: str) -> None:
        self.field_types = {**SqliteDatabase.field_types, "UUID": "BLOB"}
        self.opened: list[sqlite3.Connection] = []
        self._opening = threading.Lock()
        self.current: Callable[[], sqlite3.Connection] = self.connection
        super().__init__(
            path,
            pragmas={
                "synchronous": "full",
                "foreign_keys": 1,
                # For each thread's connection, and so small: pages are mapped, and what is read again
                # lies with the system. A group of writes fits.
                "cache_size": -1_000,
                "mmap_size": 268_435_456,
                "journal_size_limit": 67_108_864,
            },
            timeout=LOCK_WAIT,
            # Connections stay with their thread; only closing them all is done by another.
            check_same_thread=False,
        )

    def _initialize_connection(self, connection: sqlite3.Connection) -> None:
        """Peewee's hook for a connection that it has just opened."""
        with self._opening:
            self.opened.append(connection)


class SqliteDialect:
    """SQLite, a file: WAL, every commit synced, one writer."""

    begin = "BEGIN IMMEDIATE"
    shard = 0
    lock_row = False

    def __init__(self, path: Path) -> None:
        self._sqlite = _Sqlite(str(path))
        self.database: Database = self._sqlite

    def execute(self, statement: Statement, values: Sequence[Bound]) -> Cursor:
        try:
            cursor: Cursor = self._sqlite.current().execute(statement.sql, values)
            return cursor
        except (sqlite3.Error, PeeweeException) as error:
            raise _failure(error) from error

    def command(self, sql: str) -> None:
        try:
            self._sqlite.current().execute(sql)
        except (sqlite3.Error, PeeweeException) as error:
            raise _failure(error) from error

    def together(self) -> AbstractContextManager[None]:
        return contextlib.nullcontext()

    def rollback(self) -> None:
        with contextlib.suppress(sqlite3.Error, PeeweeException):
            connection = self._sqlite.current()
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def key(self, id: bytes) -> Bound:
        return id

    def contains(self, text: Field, part: Value) -> Expression:
        return fn.instr(text, part) > SQL("0")

    def has_all(self, document: Field, wanted: Value) -> Expression:
        want = fn.json_each(wanted).alias("want")
        have = fn.json_each(document).alias("have")
        its_values = Select([have], [Column(have, "value")])
        missing = Column(want, "value").not_in(its_values)
        return cast(Expression, ~fn.EXISTS(Select([want], [SQL("1")]).where(missing)))

    @contextlib.contextmanager
    def migration_lock(self) -> Iterator[None]:
        self._switch_to_wal()
        # The file is locked before the first look at what is applied, and until all of it is.
        with self.database.atomic("EXCLUSIVE"):
            yield

    def _switch_to_wal(self) -> None:
        """Has the file keep a write-ahead log, which it then does for good.

        SQLite does not wait for whoever has a new file locked when it is asked for this, so it is done here.
        """
        until = time.monotonic() + LOCK_WAIT
        while True:
            try:
                self._sqlite.current().execute("PRAGMA journal_mode = wal")
                return
            except (sqlite3.Error, PeeweeException) as error:
                if time.monotonic() > until:
                    raise _failure(error) from error
            time.sleep(0.02)

    def close(self) -> None:
        self.database.close()
        for connection in self._sqlite.opened:
            connection.close()


def _failure(error: sqlite3.Error | PeeweeException) -> Exception:
    # What opening a connection raises, peewee has wrapped.
    cause = error if isinstance(error, sqlite3.Error) else error.__context__
    name = getattr(cause, "sqlite_errorname", "SQLITE_ERROR")
    if name == "SQLITE_CONSTRAINT_FOREIGNKEY":
        return MissingRow(str(error))
    if isinstance(cause, sqlite3.IntegrityError):
        return DuplicateRow(str(error))
    return StoreFailure(f"the database cannot be used just now ({name})")
