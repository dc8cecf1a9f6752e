"""Statements: SQL that peewee's query builder made from the models once, run with bound parameters.

Building a query costs many times what running it does, so nothing is built while a request waits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from peewee import Database, Field, Model, ModelInsert, Query, Value

Bound: TypeAlias = int | float | str | bytes | None
T = TypeVar("T")

Row: TypeAlias = tuple[Bound, ...]


@dataclass(frozen=True, slots=True)
class _Slot:
    name: str


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL of one dialect, and the names of its parameters in order."""

    sql: str
    parameters: tuple[str, ...]


def values_of(fields: Sequence[Field]) -> dict[Field, Value]:
    """A parameter for each field, named as it."""
    return {field: parameter(field.name) for field in fields}


SIZES = tuple(1 << power for power in range(7))
"""How many rows there are insert statements for."""


def insert_rows(table: type[Model], count: int) -> ModelInsert:
    """A query that inserts so many rows, a parameter for each field of each."""
    fields = table._meta.sorted_fields
    rows = [[parameter(field.name) for field in fields] for _ in range(count)]
    return table.insert_many(rows, fields)


def powers_of_two(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """The items in parts of such sizes as there are statements for, the largest first."""
    start = 0
    while start < len(items):
        size = min(SIZES[-1], 1 << (len(items) - start).bit_length() - 1)
        yield items[start : start + size]
        start += size


def parameter(name: str) -> Value:
    """A place in a query for a value that comes when it runs."""
    return Value(_Slot(name), converter=False)


def compile_query(database: Database, query: Query) -> Statement:
    """The statement of a query; `parameters` has the names in the order in which to bind them.

    Raises ValueError when the query holds a value that is not a parameter.
    """
    sql, values = query.bind(database).sql()
    for value in values:
        if not isinstance(value, _Slot):
            raise ValueError(f"{value!r} is neither a parameter nor a literal in {sql}")
    return Statement(sql, tuple(value.name for value in values))
