"""The writer: one thread that takes all writes that wait, runs them in one transaction, and commits.

A commit costs a sync of the disk however much is in it, so writes that come while one is under way
share the next. A write that comes alone begins at once: nothing waits for others that may come. A
caller is let go only when its write is on disk. In three sentences: callers queue, the thread runs a
group, everyone in it gets a result or an error of their own.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar, cast

from server.core.errors import Reason, ServiceError
from server.store.dialect import Dialect, StoreFailure
from server.store.transaction import Transaction

T = TypeVar("T")
Item_contra = TypeVar("Item_contra", contravariant=True)

logger = logging.getLogger(__name__)

LARGEST_GROUP = 256
"""The most writes in one transaction."""

ATTEMPTS = 4
"""How often a transaction that the database gave up for another's sake is tried in all."""

_STOP = None


class Batch(Protocol[Item_contra]):
    """A kind of write that many can share the statements of."""

    def __call__(self, transaction: Transaction, items: Sequence[Item_contra], /) -> None:
        """Writes all items, or raises and has written none of them."""


class _Write:
    """A write that waits, and then its result or its error."""

    __slots__ = ("batch", "deadline", "done", "error", "item", "result", "run")

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.run: Callable[[Transaction], object] | None = None
        self.batch: Batch[object] | None = None
        self.item: object = None
        self.result: object = None
        self.error: BaseException | None = None
        self.done = threading.Lock()
        self.done.acquire()


class Writer:
    """Runs writes in groups on a thread of its own. Thread-safe.

    `before_commit` runs at the end of every transaction, on the writer's thread.
    """

    def __init__(
        self, dialect: Dialect, before_commit: Callable[[Transaction], None], longest_queue: int
    ) -> None:
        self._dialect = dialect
        self._before_commit = before_commit
        self._longest_queue = longest_queue
        self._queue: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    def run(self, write: Callable[[Transaction], T], deadline: float) -> T:
        """Runs a write within a savepoint of the next transaction, and answers what it answers.

        Returns when that is on disk. Raises what `write` raises, DEADLINE_EXCEEDED when the deadline
        passed before it began, QUEUE_FULL, and STORE_UNAVAILABLE.
        """
        waiting = _Write(deadline)
        waiting.run = write
        self._wait_for(waiting)
        return cast(T, waiting.result)

    def add(self, batch: Batch[T], item: T, deadline: float) -> None:
        """Writes an item along with the others of its batch in the next transaction; as `run`."""
        waiting = _Write(deadline)
        waiting.batch = cast("Batch[object]", batch)
        waiting.item = item
        self._wait_for(waiting)

    def is_alive(self) -> bool:
        """Whether the thread works."""
        return self._thread.is_alive() and not self._closed

    def close(self) -> None:
        """Refuses further writes, finishes those that wait, and ends the thread."""
        self._closed = True
        self._queue.put(_STOP)
        self._thread.join()

    def _wait_for(self, waiting: _Write) -> None:
        if self._closed:
            raise _unavailable("the server is stopping")
        if self._queue.qsize() >= self._longest_queue:
            raise ServiceError(Reason.QUEUE_FULL, "too many writes wait already; try again", retry_after=0.1)
        self._queue.put(waiting)
        while not waiting.done.acquire(timeout=1.0):
            if not self._thread.is_alive() and not waiting.done.acquire(timeout=0.1):
                raise _unavailable("the writer has died")
        if waiting.error is not None:
            raise waiting.error

    def _work(self) -> None:
        group: list[_Write] = []
        try:
            while (first := self._queue.get()) is not _STOP:
                group = [first]
                stopping = self._take_what_waits(group)
                self._run_group(group)
                for write in group:
                    write.done.release()
                group = []
                if stopping:
                    break
        except BaseException:
            logger.critical("the writer died; writes fail until the process is replaced", exc_info=True)
            for write in group:
                write.error = _unavailable("the writer has died")
                write.done.release()
        finally:
            self._closed = True
            self._dialect.database.close()
            self._fail_what_waits()

    def _take_what_waits(self, group: list[_Write]) -> bool:
        """Adds to the group; whether it is the last one."""
        take = self._queue.get_nowait
        try:
            while len(group) < LARGEST_GROUP:
                write = take()
                if write is _STOP:
                    return True
                group.append(write)
        except queue.Empty:
            pass
        return False

    def _fail_what_waits(self) -> None:
        rest: list[_Write] = []
        self._take_what_waits(rest)
        for write in rest:
            write.error = _unavailable("the server is stopping")
            write.done.release()

    def _run_group(self, group: list[_Write]) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            for write in group:
                write.error = None
            try:
                self._run_transaction(group)
                return
            except StoreFailure as error:
                if error.passing and attempt < ATTEMPTS:
                    continue
                failure: ServiceError = error
            except Exception:
                logger.exception("a group of writes failed")
                failure = ServiceError(Reason.INTERNAL, "internal error")
            for write in group:
                write.error = ServiceError(failure.reason, failure.message, retry_after=failure.retry_after)
            return

    def _run_transaction(self, group: list[_Write]) -> None:
        self._dialect.command(self._dialect.begin)
        try:
            transaction = Transaction(self._dialect)
            self._run_batches(transaction, group)
            self._run_singly(transaction, group)
            self._before_commit(transaction)
            self._dialect.command("COMMIT")
        except BaseException:
            self._dialect.rollback()
            raise

    def _run_batches(self, transaction: Transaction, group: list[_Write]) -> None:
        now = time.monotonic()
        batches: dict[Batch[object], list[_Write]] = {}
        for write in group:
            if write.deadline <= now:
                write.error = ServiceError(
                    Reason.DEADLINE_EXCEEDED, "the deadline passed before the write began"
                )
            elif write.batch is not None:
                batches.setdefault(write.batch, []).append(write)
        for batch, writes in batches.items():
            try:
                with transaction.savepoint():
                    batch(transaction, [write.item for write in writes])
            except StoreFailure:
                raise
            except Exception:
                # One of them is to blame: each alone, so that it fails alone.
                for write in writes:
                    self._run_one(transaction, write)

    def _run_singly(self, transaction: Transaction, group: list[_Write]) -> None:
        for write in group:
            if write.run is not None and write.error is None:
                self._run_one(transaction, write)

    def _run_one(self, transaction: Transaction, write: _Write) -> None:
        try:
            with transaction.savepoint():
                if write.run is not None:
                    write.result = write.run(transaction)
                elif write.batch is not None:
                    write.batch(transaction, [write.item])
        except StoreFailure:
            raise
        except Exception as error:
            write.error = error


def _unavailable(text: str) -> ServiceError:
    return ServiceError(Reason.STORE_UNAVAILABLE, text, retry_after=1.0)
