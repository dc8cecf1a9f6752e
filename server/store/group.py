"""Running a group of writes in one transaction, so that each gets a result or an error of its own."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from server.core.errors import Reason, ServiceError
from server.store.dialect import Dialect, DuplicateRow, StoreFailure
from server.store.transaction import Transaction

Item = TypeVar("Item", contravariant=True)
Result = TypeVar("Result", covariant=True)

logger = logging.getLogger(__name__)

ATTEMPTS = 4
"""How often a transaction that the database gave up for another's sake is tried in all."""


class Batch(Protocol[Item, Result]):
    """A kind of write that many can share the statements of."""

    def __call__(self, transaction: Transaction, items: Sequence[Item], /) -> Sequence[Result | ServiceError]:
        """Writes the items; an outcome for each, in order. An item whose outcome is an error is not
        written; where this raises, none is."""


AnyBatch = Callable[[Transaction, Sequence[object]], Sequence[object]]


class Write:
    """A write that waits, and then its result or its error. It has a `run`, or a batch and an item."""

    __slots__ = ("batch", "deadline", "ended", "error", "item", "result", "run")

    def __init__(self, deadline: float, ended: Callable[[Write], None]) -> None:
        """`ended` is called once when the write has its result or error; it must neither wait nor raise."""
        self.deadline = deadline
        self.ended = ended
        self.run: Callable[[Transaction], object] | None = None
        self.batch: AnyBatch | None = None
        self.item: object = None
        self.result: object = None
        self.error: BaseException | None = None

    def take(self) -> object:
        """The result of a write that has ended. Raises its error."""
        if self.error is not None:
            raise self.error
        return self.result

    def run_in(self, transaction: Transaction) -> None:
        """Runs a write that is of no batch."""
        if self.run is not None:
            self.result = self.run(transaction)

    def end(self, outcome: object) -> None:
        """Keeps an outcome: a ServiceError, or the result."""
        if isinstance(outcome, ServiceError):
            self.error = outcome
        else:
            self.result = outcome


class Groups:
    """Runs groups on the calling thread. `before_commit` runs at the end of every transaction."""

    def __init__(self, dialect: Dialect, before_commit: Callable[[Transaction], None]) -> None:
        self._dialect = dialect
        self._before_commit = before_commit

    def run(self, group: Sequence[Write]) -> None:
        """Runs the writes whose deadline has not passed, and commits; each has an outcome then.

        Nothing of a write that ends in an error is in the database. Raises nothing.
        """
        try:
            if not self._without_savepoints(group):
                self._transact(group, _apart)
        except Exception as error:
            logger.error("a group of writes failed", exc_info=error)
            for write in group:
                write.error = ServiceError(Reason.INTERNAL, "internal error")

    def _without_savepoints(self, writes: Sequence[Write]) -> bool:
        """Runs a lone write, or writes of one batch as under load most are, without savepoints; whether
        they were such, and none of them failed."""
        batch = writes[0].batch
        if len(writes) > 1 and (batch is None or any(write.batch != batch for write in writes)):
            return False
        try:
            self._transact(writes, _together)
        except Exception:
            # One of them is to blame, and the transaction is gone for all.
            return False
        return True

    def _transact(
        self, writes: Sequence[Write], body: Callable[[Transaction, Sequence[Write]], None]
    ) -> None:
        """Runs the body in a transaction, and again where the database asks for that. A failure of the
        database is every write's error; whatever else the body raises comes out, and nothing is written."""
        for attempt in range(1, ATTEMPTS + 1):
            for write in writes:
                write.error = None
            try:
                self._run_once(writes, body)
                return
            except StoreFailure as failure:
                if not failure.passing or attempt == ATTEMPTS:
                    for write in writes:
                        retry_after = failure.retry_after
                        write.error = ServiceError(failure.reason, failure.message, retry_after=retry_after)
                    return

    def _run_once(
        self, writes: Sequence[Write], body: Callable[[Transaction, Sequence[Write]], None]
    ) -> None:
        try:
            # A savepoint is for what fails within it, so it has to fail there.
            with self._dialect.together() if body is _together else contextlib.nullcontext():
                self._dialect.command(self._dialect.begin)
                transaction = Transaction(self._dialect)
                # Not before: it may have been long until the transaction began.
                in_time = _in_time(writes)
                if in_time:
                    body(transaction, in_time)
                self._before_commit(transaction)
                self._dialect.command("COMMIT")
        except BaseException:
            self._dialect.rollback()
            raise
        transaction.committed()


def _in_time(group: Sequence[Write]) -> list[Write]:
    now = time.monotonic()
    writes = []
    for write in group:
        if write.deadline > now:
            writes.append(write)
        else:
            text = "the deadline passed before the write began"
            write.error = ServiceError(Reason.DEADLINE_EXCEEDED, text)
    return writes


def _together(transaction: Transaction, writes: Sequence[Write]) -> None:
    """Runs a lone write, or writes of one batch."""
    first = writes[0]
    if first.batch is None:
        first.run_in(transaction)
        return
    outcomes = first.batch(transaction, [write.item for write in writes])
    for write, outcome in zip(writes, outcomes, strict=True):
        write.end(outcome)


def _apart(transaction: Transaction, writes: Sequence[Write]) -> None:
    """Runs any writes, each in a savepoint, so that one that fails is undone alone."""
    for write in writes:
        try:
            _in_savepoint(transaction, write)
        except StoreFailure:
            raise
        except Exception as error:
            write.error = error


def _in_savepoint(transaction: Transaction, write: Write) -> None:
    try:
        with transaction.savepoint():
            _together(transaction, [write])
    except DuplicateRow:
        # Another process may have been first, between a look and a write. Now there is what to see.
        with transaction.savepoint():
            _together(transaction, [write])
