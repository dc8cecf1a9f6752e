"""A transaction of the writer: statements, and the counts that go with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeAlias

from server.core.session import SessionStatus
from server.core.session_event import SessionChange
from server.store.dialect import Cursor, Dialect, StoreFailure
from server.store.statement import Bound, Statement

Scope: TypeAlias = tuple[bytes, bytes, SessionStatus]
"""What is counted: the sessions of a status of an organization, whose id comes twice, or of its agent."""


class Transaction:
    """What a write is handed. It lives on the writer's thread."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._counts: Counter[Scope] = Counter()
        self._committed: list[Callable[[], None]] = []
        self.changes: list[SessionChange] = []
        """What it does to sessions; see session_events.note."""

    def execute(self, statement: Statement, values: Sequence[Bound]) -> Cursor:
        """Runs a statement. Raises DuplicateRow, or ServiceError STORE_UNAVAILABLE."""
        return self._dialect.execute(statement, values)

    def count(self, organization_id: bytes, agent_id: bytes, status: SessionStatus, sessions: int) -> None:
        """Adds to the number of sessions of a status, of an organization and of its agent."""
        self._counts[organization_id, organization_id, status] += sessions
        self._counts[organization_id, agent_id, status] += sessions

    def added(self, organization_id: bytes) -> int:
        """How many more sessions the organization has than is written down yet."""
        return sum(self._counts[organization_id, organization_id, status] for status in SessionStatus)

    def savepoint(self) -> Savepoint:
        """A part of the transaction that is undone alone when it raises."""
        return Savepoint(self._dialect, self._counts, self.changes)

    def when_committed(self, call: Callable[[], None]) -> None:
        """Has something called once the transaction is on disk; it is to be quick, and never to raise."""
        self._committed.append(call)

    def committed(self) -> None:
        """Calls what is to be called now that the transaction is on disk."""
        for call in self._committed:
            call()

    def changed_counts(self) -> list[tuple[Scope, int]]:
        """Each scope whose count changed, and by how much; sorted, so that processes that count the
        same scopes lock them in one order."""
        return sorted((scope, change) for scope, change in self._counts.items() if change)


class Savepoint:
    """Undoes what was done within it, counts and changes included, when that raises."""

    def __init__(self, dialect: Dialect, counts: Counter[Scope], changes: list[SessionChange]) -> None:
        self._dialect = dialect
        self._counts = counts
        self._changes = changes
        self._before: dict[Scope, int] = {}
        self._changes_before = 0

    def __enter__(self) -> None:
        self._before = dict(self._counts)
        self._changes_before = len(self._changes)
        self._dialect.command("SAVEPOINT one")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._dialect.command("RELEASE SAVEPOINT one")
            return
        self._counts.clear()
        self._counts.update(self._before)
        del self._changes[self._changes_before :]
        # A failed database has given up the transaction, and its savepoints with it.
        if not issubclass(kind, StoreFailure):
            self._dialect.command("ROLLBACK TO SAVEPOINT one")
            self._dialect.command("RELEASE SAVEPOINT one")
