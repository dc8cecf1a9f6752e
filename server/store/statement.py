"""Statements: SQL that peewee's query builder made from the models once, run with bound parameters.

Building a query costs many times what running it does, so nothing is built while a request waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from peewee import Database, Field, Query, Value

Bound: TypeAlias = int | float | str | bytes | None
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
