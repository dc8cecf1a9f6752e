"""What servers had, on peewee."""

from __future__ import annotations

import math
from typing import cast

from server.store import models
from server.store.dialect import Dialect
from server.store.statement import compile_query, parameter, values_of
from server.store.transaction import Transaction
from server.store.writer import Writer


class PeeweeEnvironments:
    """The environments of a database; see core.agent_store.Environments for what each method promises."""

    def __init__(self, dialect: Dialect, writer: Writer) -> None:
        self._dialect = dialect
        self._writer = writer
        table = models.Environment
        insert = table.insert(values_of(table._meta.sorted_fields)).on_conflict_ignore()
        self._insert = compile_query(dialect.database, insert)
        read = table.select(table.definition).where(table.id == parameter("id"))
        self._read = compile_query(dialect.database, read)

    def keep(self, id: int, text: str) -> None:
        if self.get(id) is not None:
            return

        def write(transaction: Transaction) -> None:
            # Another process may be first.
            transaction.execute(self._insert, (id, text))

        self._writer.run(write, math.inf)

    def get(self, id: int) -> str | None:
        row = self._dialect.execute(self._read, (id,)).fetchone()
        return cast(str, row[0]) if row else None
