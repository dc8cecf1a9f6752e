"""What differs between the databases: connections, transactions, and what their errors mean."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from peewee import Database, Expression, Field, Value

from server.core.errors import Reason, ServiceError
from server.store.statement import Bound, Row, Statement


class Cursor(Protocol):
    """What running a statement gives, in both drivers."""

    @property
    def rowcount(self) -> int:
        """How many rows were written."""

    def fetchone(self) -> Row | None:
        """The next row."""

    def fetchall(self) -> list[Row]:
        """All rows that are left."""


class DuplicateRow(Exception):
    """A row broke a unique key."""


class MissingRow(Exception):
    """A row refers to one that there is not."""


class StoreFailure(ServiceError):
    """The database failed, and with it the transaction under way.

    `passing` says that the same transaction may well succeed when it is run again.
    """

    def __init__(
        self, message: str, *, reason: Reason = Reason.STORE_UNAVAILABLE, passing: bool = False
    ) -> None:
        super().__init__(reason, message, retry_after=1.0)
        self.passing = passing


class Dialect(Protocol):
    """One kind of database."""

    database: Database
    begin: str
    """How a transaction of the writer begins."""
    shard: int
    """In which shard of the counts this process counts."""
    lock_row: bool
    """Whether a row that is read to be changed must be locked."""

    def execute(self, statement: Statement, values: Sequence[Bound]) -> Cursor:
        """Runs a statement on the calling thread's connection.

        Raises DuplicateRow, MissingRow, or StoreFailure when the database cannot be used.
        """

    def command(self, sql: str) -> None:
        """Runs a statement without parameters or rows, such as COMMIT; raises as `execute`."""

    def together(self) -> AbstractContextManager[None]:
        """Within it statements may be sent together, so what one raises may come as late as at the end."""

    def rollback(self) -> None:
        """Gives up the transaction under way, if any is; never raises."""

    def key(self, id: bytes) -> Bound:
        """An id as this driver binds it."""

    def contains(self, text: Field, part: Value) -> Expression:
        """The condition that a text column contains a text, letter for letter."""

    def has_all(self, document: Field, wanted: Value) -> Expression:
        """The condition that a JSON list of strings has every string of another."""

    def migration_lock(self) -> AbstractContextManager[None]:
        """A transaction that one process at a time can be in, for changes of the schema."""

    def close(self) -> None:
        """Closes the connections of all threads."""
