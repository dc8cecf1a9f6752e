"""A transaction of the writer: statements, and the counts that go with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from server.store.dialect import Cursor, Dialect, StoreFailure
from server.store.statement import Bound, Statement


class Transaction:
    """What a write is handed. It lives on the writer's thread."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._counts: Counter[tuple[bytes, bytes]] = Counter()

    def execute(self, statement: Statement, values: Sequence[Bound]) -> Cursor:
        """Runs a statement. Raises DuplicateRow, or ServiceError STORE_UNAVAILABLE."""
        return self._dialect.execute(statement, values)

    def count(self, organization_id: bytes, agent_id: bytes, sessions: int) -> None:
        """Adds to the number of sessions of an organization and of its agent."""
        self._counts[organization_id, organization_id] += sessions
        self._counts[organization_id, agent_id] += sessions

    def savepoint(self) -> Savepoint:
        """A part of the transaction that is undone alone when it raises."""
        return Savepoint(self._dialect, self._counts)

    def changed_counts(self) -> list[tuple[bytes, bytes, int]]:
        """Organization, scope, and by how much its count changed; sorted, so that processes that
        count the same scopes lock them in one order."""
        return sorted((*scope, change) for scope, change in self._counts.items() if change)


class Savepoint:
    """Undoes what was done within it, counts included, when that raises."""

    def __init__(self, dialect: Dialect, counts: Counter[tuple[bytes, bytes]]) -> None:
        self._dialect = dialect
        self._counts = counts
        self._before: dict[tuple[bytes, bytes], int] = {}

    def __enter__(self) -> None:
        self._before = dict(self._counts)
        self._dialect.command("SAVEPOINT one")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._dialect.command("RELEASE SAVEPOINT one")
            return
        self._counts.clear()
        self._counts.update(self._before)
        # A failed database has given up the transaction, and its savepoints with it.
        if not issubclass(kind, StoreFailure):
            self._dialect.command("ROLLBACK TO SAVEPOINT one")
            self._dialect.command("RELEASE SAVEPOINT one")
