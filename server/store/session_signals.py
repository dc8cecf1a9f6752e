"""How a process hears that others wrote events: it looks, or PostgreSQL tells it.

The outbox is the truth, and this only says when to read it, so that what is told twice or for nothing does no
harm, and what is not told is found a little later.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import TypeAlias, cast

from peewee import PeeweeException, SqliteDatabase

from server.store.dialect import Dialect

LOOK_EVERY = 0.1
"""How often, in seconds, events of other processes are looked for where nobody tells of them."""

Tell: TypeAlias = Callable[[Collection[bytes] | None], None]
"""Is told of organizations that may have new events, None for any of them."""


class SessionSignals:
    """A thread that tells of events, from `start` to `close`."""

    def __init__(self, dialect: Dialect, listens: bool) -> None:
        """`listens` is whether PostgreSQL tells of new events."""
        self._dialect = dialect
        self._listens = listens
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, tell: Tell) -> None:
        """Starts the thread, unless it runs."""
        if self._thread is not None:
            return
        work = self._listen if self._listens else self._look
        self._thread = threading.Thread(target=work, args=(tell,), name="session-signals", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Returns when nothing is told any more."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _look(self, tell: Tell) -> None:
        seen = 0
        while not self._stopping.wait(LOOK_EVERY):
            version = self._version(seen)
            if version != seen:
                seen = version
                tell(None)

    def _version(self, seen: int) -> int:
        """A number that is another than `seen` when something may have been written."""
        if not isinstance(self._dialect.database, SqliteDatabase):
            return seen + 1
        # Of the calling thread's connection, whose number moves with what all others commit.
        with suppress(PeeweeException):
            return cast(int, self._dialect.database.execute_sql("PRAGMA data_version").fetchone()[0])
        return seen + 1

    def _listen(self, tell: Tell) -> None:
        # Imported where it is used: a service on SQLite starts without it.
        from server.store.postgres_listen import listen

        listen(self._dialect.database, tell, self._stopping)
