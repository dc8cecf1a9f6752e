"""Fills a store: a few sessions by calls, or very many at once in the database."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg

from bench.check import Probe, at
from bench.messages import PAGE, Call, Filter, grpc_list

_FEW = PAGE + 5
_BATCH = 10_000


def few(probe: Probe, create: Call) -> str:
    """Creates enough sessions for a page, and answers the id of one. Also warms the server up."""
    answers = [probe.answer(create) for _ in range(_FEW)]
    return str(at(answers[0].content, "id"))


def deep_page(probe: Probe, page: int, filter: Filter) -> str:
    """The token of the page of that number, from 1 on, or of the last full one. The filter
    lets all through."""
    pages = min(page, probe.total() // PAGE)
    first = grpc_list(filter, skip=max(0, pages - 2) * PAGE)
    return str(at(probe.answer(first).content, "next_page_token"))


def many(database: Path, sessions: int) -> None:
    """Brings the SQLite store of a stopped server to so many sessions, copies of the newest one.

    Their ids and times are a millisecond apart and older than that one's, as if created one by one.
    """
    connection = sqlite3.connect(database)
    with connection:
        connection.execute("PRAGMA synchronous=OFF")
        cursor = connection.execute("SELECT * FROM session ORDER BY created_at DESC LIMIT 1")
        columns = [column[0] for column in cursor.description]
        newest = dict(zip(columns, cursor.fetchone(), strict=True))
        (present,) = connection.execute("SELECT count(*) FROM session").fetchone()
        marks = ", ".join("?" * len(columns))
        rows = _older(newest, sessions - present)
        while batch := list(itertools.islice(rows, _BATCH)):
            connection.executemany(f"INSERT INTO session ({', '.join(columns)}) VALUES ({marks})", batch)
        # The server counts as it writes: for the organization, and for each of its agents.
        connection.execute("UPDATE session_count SET sessions = sessions + ?", (sessions - present,))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def many_in_postgres(url: str, sessions: int) -> None:
    """Does as `many` for a PostgreSQL store."""
    with psycopg.connect(url) as connection:
        columns = [
            column.name for column in _run(connection, "SELECT * FROM session LIMIT 0").description or ()
        ]
        (present,) = _run(connection, "SELECT count(*) FROM session").fetchone() or (0,)
        older = {
            "id": "(lpad(to_hex(created_at / 1000 - age), 12, '0') "
            "|| substr(replace(id::text, '-', ''), 13))::uuid",
            "created_at": "created_at - age * 1000",
            "updated_at": "updated_at - age * 1000",
        }
        values = ", ".join(older.get(column, column) for column in columns)
        newest = "(SELECT * FROM session ORDER BY created_at DESC LIMIT 1) AS newest"
        ages = f"generate_series(1, {sessions - present}) AS age"
        names = ", ".join(columns)
        _run(connection, f"INSERT INTO session ({names}) SELECT {values} FROM {newest}, {ages}")
        _run(connection, f"UPDATE session_count SET sessions = sessions + {sessions - present}")
    with psycopg.connect(url, autocommit=True) as connection:
        # As the server does of its own accord before long.
        _run(connection, "VACUUM ANALYZE")


def _run(connection: psycopg.Connection, sql: str) -> psycopg.Cursor:
    return connection.execute(sql.encode())


def _older(newest: dict[str, object], count: int) -> Iterator[tuple[object, ...]]:
    key = newest["id"]
    created = newest["created_at"]
    assert isinstance(key, bytes)
    assert isinstance(created, int)
    for age in range(count, 0, -1):
        moment = created - age * 1000
        # UUIDv7: 48 bits of milliseconds, then what tells apart.
        identifier = (moment // 1000).to_bytes(6, "big") + key[6:]
        yield tuple({**newest, "id": identifier, "created_at": moment, "updated_at": moment}.values())
