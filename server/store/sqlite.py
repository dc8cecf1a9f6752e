"""SQLite as a dialect: one file, one writer, every commit synced to disk."""

from __future__ import annotations

import contextlib
import logging
import os
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

logger = logging.getLogger(__name__)

LOCK_WAIT = 5.0
"""How long, in seconds, a write waits for another process to let go of the database."""

LARGEST_CHECKED = 256 * 1024 * 1024
"""How large, in bytes, a database may be to be looked through at a start after an unclean end."""

_RESTORE = "put a backup in its place: python -m server restore --from BACKUP --replace"
_HOPELESS = {
    "SQLITE_NOTADB": f"is not a SQLite database, or it is damaged; {_RESTORE}",
    "SQLITE_CORRUPT": f"is damaged; {_RESTORE}",
    "SQLITE_READONLY": "cannot be written to; this user must be able to write it and its directory",
    "SQLITE_CANTOPEN": "cannot be opened; its directory must be there, and this user able to write to it",
    "SQLITE_FULL": "cannot be written to: the disk is full",
    "SQLITE_IOERR": "cannot be read or written: the disk fails, or is full",
}
"""What waiting does not help against, by the kind of the error."""


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
        self._path = path
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
        log = self._path.with_name(f"{self._path.name}-wal")
        ended_cleanly = not (log.exists() and log.stat().st_size)
        try:
            self._switch_to_wal()
            if not os.access(self._path, os.W_OK):
                # SQLite would say so at the first write only.
                raise StoreFailure(f"{self._path} {_HOPELESS['SQLITE_READONLY']}")
            if not ended_cleanly:
                self._look_for_damage()
            # The file is locked before the first look at what is applied, and until all of it is.
            with self.database.atomic("EXCLUSIVE"):
                yield
        except (sqlite3.Error, PeeweeException) as error:
            if (hopeless := _HOPELESS.get(_kind(error))) is None:
                raise
            raise StoreFailure(f"{self._path} {hopeless} ({_name(error)})") from error

    def _look_for_damage(self) -> None:
        """Raises StoreFailure for a file that is no longer sound, where looking it through takes no more
        than a moment. One that is cut short SQLite itself refuses."""
        if self._path.stat().st_size > LARGEST_CHECKED:
            return
        [found] = self._sqlite.current().execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise StoreFailure(f"{self._path} is damaged: {found.splitlines()[-1]}; {_RESTORE}")

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
                if _kind(error) in _HOPELESS:
                    raise
                if time.monotonic() > until:
                    raise _failure(error) from error
            time.sleep(0.02)

    def close(self) -> None:
        self.database.close()
        for connection in self._sqlite.opened:
            connection.close()


def _failure(error: sqlite3.Error | PeeweeException) -> Exception:
    name = _name(error)
    if name == "SQLITE_CONSTRAINT_FOREIGNKEY":
        return MissingRow(str(error))
    if name.startswith("SQLITE_CONSTRAINT"):
        return DuplicateRow(str(error))
    if (hopeless := _HOPELESS.get(_kind(error))) is not None:
        # The caller is told no more than that it failed; who runs the service can do something about it.
        logger.error("the database %s (%s)", hopeless, name)
    return StoreFailure(f"the database cannot be used just now ({name})")


def _name(error: BaseException) -> str:
    """SQLite's own name of an error, which it may have more exactly than by its kind."""
    # What opening a connection raises, peewee has wrapped.
    cause = error if isinstance(error, sqlite3.Error) else error.__context__
    return str(getattr(cause, "sqlite_errorname", "SQLITE_ERROR"))


def _kind(error: BaseException) -> str:
    return "_".join(_name(error).split("_")[:2])
