"""Secrets that all processes on a database share, on peewee."""

from __future__ import annotations

import math
import secrets
from typing import cast

from server.store import models
from server.store.dialect import Dialect
from server.store.statement import compile_query, parameter, values_of
from server.store.transaction import Transaction
from server.store.writer import Writer


class SharedSecrets:
    """The secrets of a database; see core.store.Store.shared_secret."""

    def __init__(self, dialect: Dialect, writer: Writer) -> None:
        self._dialect = dialect
        self._writer = writer
        table = models.SharedSecret
        insert = table.insert(values_of(table._meta.sorted_fields)).on_conflict_ignore()
        self._insert = compile_query(dialect.database, insert)
        read = table.select(table.secret).where(table.name == parameter("name"))
        self._read = compile_query(dialect.database, read)

    def get(self, name: str) -> bytes:
        """The secret of a name, made now if there is none."""
        row = self._dialect.execute(self._read, (name,)).fetchone()
        if row is None:

            def write(transaction: Transaction) -> None:
                # Another process may be first; whichever is, its secret is everybody's.
                transaction.execute(self._insert, (name, secrets.token_bytes(32)))

            self._writer.run(write, math.inf)
            row = self._dialect.execute(self._read, (name,)).fetchone()
        if row is None:
            raise AssertionError("what was just written is read")
        return cast(bytes, row[0])
