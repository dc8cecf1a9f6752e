"""A digest tells values apart, and nothing else."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.core.json import JsonValue
from server.store import models
from server.store.statement import Row
from server.store.table_digest import Digester
from tests.store.strategies import CONFIGS, TEXT, in_one_database

FIELDS = models.Session._meta.sorted_fields
ROW: Row = (
    *(b"o" * 16, b"i" * 16, b"a" * 16, "title", "title", '["a"]', None, "[]", "idle", 1, 2, None),
    *(1, None, None, None),
)
TAGS = 5


def digest(*rows: Row) -> str:
    """The digest of sessions."""
    digester = Digester("session", FIELDS)
    digester.add(rows)
    return digester.result().digest


def with_tags(text: str) -> Row:
    """The row with another document in place of its tags."""
    return (*ROW[:TAGS], text, *ROW[TAGS + 1 :])


@pytest.fixture(scope="module")
def postgres(postgres_url: str) -> Iterator[psycopg.Connection]:
    """A connection to a server that keeps JSON its own way."""
    with closing(psycopg.connect(postgres_url)) as connection:
        yield connection


@in_one_database
@given(document=CONFIGS | st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=5))
@example(document=[0.0, -0.0, 1.0, 1e16, 1e300, -1e22, 5e-324, 1.7976931348623157e308, 2.0**53, 1e-7])
def test_a_document_is_the_same_as_jsonb_keeps_it(document: JsonValue, postgres: psycopg.Connection) -> None:
    text = json.dumps(document, separators=(",", ":"))
    [as_jsonb] = postgres.execute("SELECT %s::jsonb::text", (text,)).fetchone() or (None,)
    assert digest(with_tags(text)) == digest(with_tags(str(as_jsonb)))


@given(
    column=st.integers(0, len(ROW) - 1),
    text=TEXT,
    number=st.integers(-(2**63), 2**63 - 1),
    key=st.binary(max_size=20),
)
def test_any_other_value_has_another_digest(column: int, text: str, number: int, key: bytes) -> None:
    old = ROW[column]
    new: str | int | bytes | None = None
    if column in (TAGS, TAGS + 2):
        new = json.dumps([text, "another"])
    elif isinstance(old, bytes):
        new = key
    elif isinstance(old, int):
        new = number
    elif old is None or text != old:
        new = text
    row = (*ROW[:column], new, *ROW[column + 1 :])
    assert (digest(row) == digest(ROW)) == (row == ROW)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("[1]", "[true]"),
        ("[0]", "[false]"),
        ("[1]", '["1"]'),
        ("[1.0]", '["1.0"]'),
        ("[0.1]", "[0.10000000000000002]"),
        ("[9007199254740992]", "[9007199254740991]"),
        ("[null]", "[]"),
        ("[]", "{}"),
        ('{"a": null}', "{}"),
        ('["a", "b"]', '["b", "a"]'),
        ('["é"]', '["e\u0301"]'),
        ('["\\\\u00e9"]', '["\\u00e9"]'),
        ('{"a": {"b": 1}}', '{"b": {"a": 1}}'),
    ],
)
def test_documents_that_differ(one: str, other: str) -> None:
    assert digest(with_tags(one)) != digest(with_tags(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a":1,"b":[1,2]}', '{ "b" : [1.0, 2e0], "a" : 1 }'),
        ('["\\u00e9", "\\/"]', '["é", "/"]'),
        ("[-0.0, 1e-7]", "[0, 0.0000001]"),
    ],
)
def test_documents_that_are_written_otherwise(one: str, other: str) -> None:
    assert digest(with_tags(one)) == digest(with_tags(other))


def test_the_order_of_rows_does_not_matter_but_their_number_does() -> None:
    rows: list[Row] = [(*ROW[:-1], number) for number in range(100)]
    shuffled = random.Random(1).sample(rows, len(rows))
    assert digest(*rows) == digest(*shuffled)
    assert (
        len({digest(*rows), digest(*rows[1:]), digest(*rows, rows[0]), digest(*rows, rows[0], rows[0])}) == 4
    )


def test_values_do_not_run_into_each_other() -> None:
    one = (*ROW[:3], "ab", "c", *ROW[5:])
    other = (*ROW[:3], "a", "bc", *ROW[5:])
    assert digest(one) != digest(other)
