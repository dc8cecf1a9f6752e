"""A table read and written whole, in batches, for moving a store to another database."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import cast

from peewee import SQL, Model, Query, Tuple, fn

from server.store.dialect import Dialect
from server.store.fields import KeyField
from server.store.statement import (
    SIZES,
    Bound,
    Row,
    Statement,
    compile_query,
    insert_rows,
    parameter,
    powers_of_two,
)

BATCH = 512
"""How many rows are read at once, and written in one transaction."""

_KEYS = 64
"""How many keys are looked for by one statement."""


class TableRows:
    """The rows of a table in one database, on the calling thread's connection.

    A row has all columns, in the order of the model's fields; the key comes first in it.
    """

    def __init__(self, dialect: Dialect, model: type[Model]) -> None:
        meta = model._meta
        self.name: str = meta.table_name
        self.fields = meta.sorted_fields
        self.key = self.fields[: len(meta.get_primary_keys())]
        self._dialect = dialect
        with dialect.database.bind_ctx([model]):
            self._compile(model)

    def _compile(self, model: type[Model]) -> None:
        def compiled(query: Query) -> Statement:
            return compile_query(self._dialect.database, query)

        page = model.select(*self.fields).order_by(*self.key).limit(parameter("size"))
        after = Tuple(*self.key) > Tuple(*(parameter(field.name) for field in self.key))
        self._first, self._next = compiled(page), compiled(page.where(after))
        self._count = compiled(model.select(fn.COUNT(SQL("*"))))
        self._insert = {size: compiled(insert_rows(model, size).on_conflict_ignore()) for size in SIZES}
        one = functools.reduce(operator.and_, (field == parameter(field.name) for field in self.key))
        any_of_them = functools.reduce(operator.or_, [one] * _KEYS)
        self._find = compiled(model.select(*self.fields).where(any_of_them))

    def count(self) -> int:
        """How many rows there are."""
        row = self._dialect.execute(self._count, ()).fetchone()
        return cast(int, row[0]) if row else 0

    def batches(self) -> Iterator[list[Row]]:
        """All rows, at most BATCH at a time, in the order that this database gives their keys.

        Two databases may order texts differently, so the order means nothing between them.
        """
        rows = self._dialect.execute(self._first, (BATCH,)).fetchall()
        while rows:
            yield rows
            last = self._bound(self.key_of(rows[-1]))
            rows = self._dialect.execute(self._next, (*last, BATCH)).fetchall()

    def key_of(self, row: Row) -> Row:
        """The key of a row."""
        return row[: len(self.key)]

    def find(self, keys: Sequence[Row]) -> dict[Row, Row]:
        """The rows that there are of these keys, by key."""
        found: dict[Row, Row] = {}
        for start in range(0, len(keys), _KEYS):
            part = keys[start : start + _KEYS]
            # One statement serves for any number of keys: the last is asked for again and again.
            padded = [*part, *[part[-1]] * (_KEYS - len(part))]
            values = tuple(chain.from_iterable(map(self._bound, padded)))
            rows = self._dialect.execute(self._find, values).fetchall()
            found.update((self.key_of(row), row) for row in rows)
        return found

    def insert(self, rows: Sequence[Row]) -> None:
        """Writes the rows that are not there yet, all in one transaction.

        Raises MissingRow when one refers to a row that is not there, and StoreFailure.
        """
        self._dialect.command(self._dialect.begin)
        try:
            for part in powers_of_two(rows):
                values = tuple(chain.from_iterable(map(self._bound, part)))
                self._dialect.execute(self._insert[len(part)], values)
            self._dialect.command("COMMIT")
        except BaseException:
            self._dialect.rollback()
            raise

    def _bound(self, values: Iterable[Bound]) -> tuple[Bound, ...]:
        """Values of the first columns, as this database binds them."""
        return tuple(
            self._dialect.key(value) if isinstance(field, KeyField) and isinstance(value, bytes) else value
            for field, value in zip(self.fields, values, strict=False)
        )
