"""Backs up a SQLite store while it is served, and puts a backup back in its place.

A backup is one file: the database as it was at one moment, whatever was written meanwhile. It has its
name only once it is whole, found sound, and equal to its source row by row. To restore is to write all
of its pages into the database in one transaction, so that a restore that is killed has changed nothing.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from peewee import PeeweeException

from server.core.errors import ServiceError
from server.store.copy import CopyFailed, Watch, verify
from server.store.migrate import SchemaTooNew, SchemaTooOld, applied_migrations, require_current
from server.store.sqlite import SqliteDialect
from server.store.table_digest import TableDigest

_PAGES = 2048
"""How many pages are copied between two looks at the progress."""

_SCHEME = "sqlite:///"
_SHARED_LOCK = (510, 0x4000_0002)
"""Length and place of the bytes that whoever has a database open locks (sqlite.org, File Locking)."""


class BackupFailed(Exception):
    """The store could not be backed up or restored. The message says why."""


def back_up(url: str, target: Path, watch: Watch) -> list[TableDigest]:
    """Writes the store of a URL to a new file, and answers the digests of its tables.

    Nobody is kept from reading or writing meanwhile. The file can be read by its owner alone, since it
    holds the digests of keys. Of a schema that is not up to date there are no digests. Raises
    BackupFailed, and then there is no file.
    """
    path = _path(url)
    if not path.is_file():
        raise BackupFailed(f"there is no database {path}")
    if target.exists():
        raise BackupFailed(f"{target} is there already; a backup is a new file")
    partial = target.with_name(f"{target.name}.partial")
    try:
        with _told(f"cannot back up {path} to {target}"):
            partial.unlink(missing_ok=True)
            os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            with _opened(path) as source, _opened(partial) as copy:
                _require_store(source, path)
                # What is read after the first look, until the end, is of the moment of that look.
                _connection(source).execute("BEGIN")
                _connection(source).execute("SELECT 1 FROM sqlite_schema").fetchone()
                _copy_pages(source, copy, "backing up", watch)
                digests = _compare(source, copy, watch)
                _require_sound(copy, partial)
                # Or else the backup would be two files as soon as somebody opens it.
                _connection(copy).execute("PRAGMA journal_mode = delete")
            _sync(partial)
            partial.rename(target)
            _sync(target.parent)
            return digests
    finally:
        for rest in (partial, *_beside(partial)):
            rest.unlink(missing_ok=True)


def restore(url: str, source: Path, replace: bool, watch: Watch) -> list[TableDigest]:
    """Puts a backup in the place of the store of a URL, and answers the digests of its tables.

    `replace` says that a store that is there may be lost; one that is damaged is kept beside, as
    `NAME.damaged-TIME`. The backup is found sound before anything is touched. Raises BackupFailed,
    also while any process has the store open.
    """
    path = _path(url)
    if not source.is_file():
        raise BackupFailed(f"there is no backup {source}")
    with _told(f"cannot restore {source} to {path}"):
        with _opened(source) as backup:
            _require_store(backup, source)
            _require_sound(backup, source)
        if path.exists() and path.stat().st_size:
            if not replace:
                raise BackupFailed(f"{path} is there already; --replace puts the backup in its place")
            _refuse_while_used(path)
            if not _is_readable(path):
                _move_aside(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        with _opened(source) as backup, _opened(path) as target:
            _take_alone(target, path)
            _copy_pages(backup, target, "restoring", watch)
            digests = _compare(backup, target, watch)
            _require_sound(target, path)
            return digests


def _path(url: str) -> Path:
    if not url.startswith(_SCHEME):
        raise BackupFailed("only SQLite is backed up here; for PostgreSQL use pg_dump or pg_basebackup")
    return Path(url.removeprefix(_SCHEME))


@contextlib.contextmanager
def _told(what: str) -> Iterator[None]:
    try:
        yield
    except (CopyFailed, SchemaTooNew, ServiceError, PeeweeException, sqlite3.Error, OSError) as error:
        raise BackupFailed(f"{what}: {error}") from error


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[SqliteDialect]:
    dialect = SqliteDialect(path)
    try:
        yield dialect
    finally:
        dialect.close()


def _connection(dialect: SqliteDialect) -> sqlite3.Connection:
    return cast(sqlite3.Connection, dialect.database.connection())


def _copy_pages(source: SqliteDialect, target: SqliteDialect, what: str, watch: Watch) -> None:
    def progress(_: int, remaining: int, total: int) -> None:
        watch(what, total - remaining, total)

    _connection(source).backup(_connection(target), pages=_PAGES, progress=progress)


def _compare(source: SqliteDialect, target: SqliteDialect, watch: Watch) -> list[TableDigest]:
    try:
        require_current(source)
    except SchemaTooOld:
        return []
    return verify(source, target, watch)


def _require_store(dialect: SqliteDialect, path: Path) -> None:
    """Refuses what is no store, or one that a newer version of the service has changed."""
    if not applied_migrations(dialect):
        raise BackupFailed(f"{path} is not a store of this service")


def _require_sound(dialect: SqliteDialect, path: Path) -> None:
    found = [str(row[0]) for row in _connection(dialect).execute("PRAGMA integrity_check(3)")]
    if found != ["ok"]:
        raise BackupFailed(f"{path} is damaged: {'; '.join(found)}")


def _is_readable(path: Path) -> bool:
    """Whether SQLite can write to it as a database, damaged rows or not."""
    try:
        with _opened(path) as dialect:
            _connection(dialect).execute("PRAGMA schema_version").fetchone()
            [found] = _connection(dialect).execute("PRAGMA quick_check(1)").fetchone()
            return str(found) == "ok"
    except (PeeweeException, sqlite3.Error):
        return False


def _refuse_while_used(path: Path) -> None:
    """For the file that SQLite itself cannot read: whoever has it open keeps these bytes locked."""
    with path.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, *_SHARED_LOCK)
        except BlockingIOError:
            raise BackupFailed(f"{path} is in use; stop the service first") from None


def _take_alone(target: SqliteDialect, path: Path) -> None:
    """Locks the database until it is closed, which fails while anybody else has it open."""
    connection = _connection(target)
    try:
        # Only who is alone can end the write-ahead log.
        connection.execute("PRAGMA journal_mode = delete")
        connection.execute("PRAGMA locking_mode = exclusive")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname.startswith("SQLITE_BUSY"):
            raise BackupFailed(f"{path} is in use; stop the service first") from None
        raise


def _move_aside(path: Path) -> None:
    suffix = f".damaged-{int(time.time())}"
    for part in (path, *_beside(path)):
        if part.exists():
            part.rename(part.with_name(part.name + suffix))


def _beside(path: Path) -> list[Path]:
    return [path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal")]


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
