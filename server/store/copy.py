"""Copies a whole store into another database, of either kind.

What is in the target already must be the same in the source; then rows are copied in the order in
which they refer to each other, and those that are there are passed over. So a copy that was killed
goes on when it is run again. In the end both are read once more and compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeAlias

from server.core.errors import ServiceError
from server.store import models
from server.store.dialect import Dialect, MissingRow
from server.store.migrate import SchemaTooNew, SchemaTooOld, migrate, require_current
from server.store.peewee_store import open_dialect
from server.store.statement import Bound, Row
from server.store.table_digest import Digester, TableDigest
from server.store.table_rows import TableRows

Watch: TypeAlias = Callable[[str, int, int], None]
"""Is told again and again what is under way, how many rows of it are done, and how many there are."""

_MOST_NAMED = 5


class CopyFailed(Exception):
    """The store could not be copied, or the copy is not what the source is. The message says why."""


def copy_store(source_url: str, target_url: str, prepare: bool, watch: Watch) -> list[TableDigest]:
    """Copies the store of one URL to another, and answers the digests, equal in both, of all tables.

    The source is only read; nothing else may write to either. The URLs and `prepare` are those of
    `open_dialect`. Raises CopyFailed, what `open_dialect` raises, and StoreFailure when a database
    fails on the way; running it again then goes on.
    """
    if source_url == target_url:
        raise CopyFailed("the source and the target are the same database")
    path = Path(source_url.removeprefix("sqlite:///"))
    if source_url.startswith("sqlite:///") and not path.is_file():
        # SQLite would make it.
        raise CopyFailed(f"the source cannot be used: there is no file {path}")
    with (
        closing(open_dialect(source_url, prepare)) as source,
        closing(open_dialect(target_url, prepare)) as target,
    ):
        with _opening("source"):
            require_current(source)
        with _opening("target"):
            migrate(target)
        pairs = [(TableRows(source, model), TableRows(target, model)) for model in models.TABLES]
        _check(pairs, watch)
        _copy(pairs, watch)
        return verify(source, target, watch)


def verify(source: Dialect, target: Dialect, watch: Watch) -> list[TableDigest]:
    """The digests of all tables of a store. Raises CopyFailed when those of another are not equal."""
    pairs = [(TableRows(source, model), TableRows(target, model)) for model in models.TABLES]
    count = _Counter("verifying", sum(table.count() for pair in pairs for table in pair), watch)
    digests: list[TableDigest] = []
    problems: list[str] = []
    for original, copied in pairs:
        expected, found = (_digest(table, count) for table in (original, copied))
        digests.append(expected)
        if found != expected:
            unlike = [*_differences(original, copied), *_differences(copied, original)]
            problems.append(
                f"{original.name} has {expected.rows} rows (digest {expected.digest}) in the source and "
                f"{found.rows} ({found.digest}) in the target: {_named(unlike)}"
            )
    if problems:
        raise CopyFailed("the target is not what the source is:\n" + "\n".join(problems))
    return digests


def _check(pairs: list[tuple[TableRows, TableRows]], watch: Watch) -> None:
    count = _Counter("checking what is there", sum(copied.count() for _, copied in pairs), watch)
    for original, copied in pairs:
        unlike = _differences(copied, original, count.add)
        if unlike:
            raise CopyFailed(
                f"the target has rows of {copied.name} that the source has not, or not so: "
                f"{_named(unlike)}; copy into an empty database"
            )


def _copy(pairs: list[tuple[TableRows, TableRows]], watch: Watch) -> None:
    count = _Counter("copying", sum(original.count() for original, _ in pairs), watch)
    for original, copied in pairs:
        for rows in original.batches():
            try:
                copied.insert(rows)
            except MissingRow as error:
                raise CopyFailed(f"the source was written to meanwhile; copy again ({error})") from None
            count.add(len(rows))


def _digest(table: TableRows, count: _Counter) -> TableDigest:
    digester = Digester(table.name, table.fields)
    for rows in table.batches():
        digester.add(rows)
        count.add(len(rows))
    return digester.result()


def _differences(
    table: TableRows, other: TableRows, count: Callable[[int], None] = lambda _: None
) -> list[str]:
    """The keys of the first rows of a table that another has not, or with other values."""
    digester = Digester(table.name, table.fields)
    unlike: list[str] = []
    for rows in table.batches():
        others = other.find([table.key_of(row) for row in rows])
        for row in rows:
            found = others.get(table.key_of(row))
            if found is None or digester.row_digest(found) != digester.row_digest(row):
                unlike.append(_row_name(table, row))
                if len(unlike) > _MOST_NAMED:
                    return unlike
        count(len(rows))
    return unlike


def _row_name(table: TableRows, row: Row) -> str:
    def shown(value: Bound) -> str:
        return value.hex() if isinstance(value, bytes) else str(value)

    values = zip(table.key, table.key_of(row), strict=True)
    return ", ".join(f"{field.name} {shown(value)}" for field, value in values)


def _named(rows: list[str]) -> str:
    distinct = list(dict.fromkeys(rows))
    more = "; and more" if len(distinct) > _MOST_NAMED else ""
    return "; ".join(f"({row})" for row in distinct[:_MOST_NAMED]) + more


class _Counter:
    """Counts rows, and tells whoever watches."""

    def __init__(self, what: str, total: int, watch: Watch) -> None:
        self._what = what
        self._total = total
        self._done = 0
        self._watch = watch

    def add(self, rows: int) -> None:
        self._done += rows
        self._watch(self._what, self._done, self._total)


@contextmanager
def _opening(which: str) -> Iterator[None]:
    try:
        yield
    except (SchemaTooNew, SchemaTooOld, ServiceError) as error:
        raise CopyFailed(f"the {which} cannot be used: {error}") from None
