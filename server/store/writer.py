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
from collections.abc import Callable
from typing import TypeVar, cast

from server.core.errors import Reason, ServiceError
from server.core.later import Later, Take
from server.core.meters import Meters
from server.store.dialect import Dialect
from server.store.group import AnyBatch, Batch, Groups, Write
from server.store.transaction import Transaction

T = TypeVar("T")
R = TypeVar("R")

logger = logging.getLogger(__name__)

LARGEST_GROUP = 256
"""The most writes in one transaction, unless told otherwise."""

_STOP = None


class Writer:
    """Runs writes in groups on a thread of its own. Thread-safe.

    `before_commit` runs at the end of every transaction, on the writer's thread.
    """

    def __init__(
        self,
        dialect: Dialect,
        before_commit: Callable[[Transaction], None],
        longest_queue: int,
        largest_group: int = LARGEST_GROUP,
        meters: Meters | None = None,
    ) -> None:
        self._dialect = dialect
        self._groups = Groups(dialect, before_commit)
        self._longest_queue = longest_queue
        self._largest_group = largest_group
        self._group_sizes = meters.groups if meters else None
        self._queue: queue.SimpleQueue[Write | None] = queue.SimpleQueue()
        self._closed = False
        self._closing = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    def run(self, write: Callable[[Transaction], T], deadline: float) -> T:
        """Runs a write within a savepoint of the next transaction, and answers what it answers.

        Returns when that is on disk. Raises what `write` raises, DEADLINE_EXCEEDED when the deadline
        passed before it began, QUEUE_FULL, and STORE_UNAVAILABLE.
        """
        ended = threading.Lock()
        ended.acquire()
        waiting = Write(deadline, lambda _: ended.release())
        waiting.run = write
        self._enqueue(waiting)
        ended.acquire()
        return cast(T, waiting.take())

    def add(self, batch: Batch[T, R], item: T, deadline: float) -> Later[R]:
        """Writes an item along with the others of its batch in the next transaction after it is begun; as
        `run`, but nobody waits."""

        def begin(tell: Callable[[Take[R]], None]) -> None:
            waiting = Write(deadline, lambda write: tell(cast("Take[R]", write.take)))
            waiting.batch = cast(AnyBatch, batch)
            waiting.item = item
            self._enqueue(waiting)

        return Later(begin)

    def is_alive(self) -> bool:
        """Whether the thread works."""
        return self._thread.is_alive() and not self._closed

    def waiting(self) -> int:
        """How many writes wait to be taken into a transaction."""
        return self._queue.qsize()

    def close(self) -> None:
        """Refuses further writes, finishes those that wait, and ends the thread."""
        with self._closing:
            self._closed = True
            self._queue.put(_STOP)
        self._thread.join()

    def _enqueue(self, waiting: Write) -> None:
        if self._queue.qsize() >= self._longest_queue:
            raise ServiceError(Reason.QUEUE_FULL, "too many writes wait already; try again", retry_after=0.1)
        # What is queued before the writer closes has its end told by it, and after that nothing is.
        with self._closing:
            if self._closed:
                raise _unavailable("the server is stopping")
            self._queue.put(waiting)

    def _work(self) -> None:
        group: list[Write] = []
        try:
            while (first := self._queue.get()) is not _STOP:
                group = [first]
                stopping = self._take_what_waits(group)
                if self._group_sizes is not None:
                    self._group_sizes.add("", len(group))
                self._groups.run(group)
                for write in group:
                    write.ended(write)
                group = []
                if stopping:
                    break
        except BaseException:
            logger.critical("the writer died; writes fail until the process is replaced", exc_info=True)
            for write in group:
                write.error = _unavailable("the writer has died")
                write.ended(write)
        finally:
            with self._closing:
                self._closed = True
            self._dialect.database.close()
            self._fail_what_waits()

    def _take_what_waits(self, group: list[Write]) -> bool:
        """Adds to the group; whether it is the last one."""
        take = self._queue.get_nowait
        try:
            while len(group) < self._largest_group:
                write = take()
                if write is _STOP:
                    return True
                group.append(write)
        except queue.Empty:
            pass
        return False

    def _fail_what_waits(self) -> None:
        while not self._queue.empty():
            write = self._queue.get()
            if write is not _STOP:
                write.error = _unavailable("the server is stopping")
                write.ended(write)


def _unavailable(text: str) -> ServiceError:
    return ServiceError(Reason.STORE_UNAVAILABLE, text, retry_after=1.0)
