"""The store, put together over one database."""

from __future__ import annotations

import math
from pathlib import Path

from server.core.clock import Clock, wall_clock
from server.core.errors import Reason, ServiceError
from server.core.meters import Meters
from server.core.quota import NO_QUOTAS, Quotas
from server.core.spans import Spans
from server.store import models
from server.store.agent_versions import PeeweeAgentVersions
from server.store.agents import PeeweeAgents
from server.store.audit import PeeweeAudit
from server.store.bulk_sessions import PeeweeBulkSessions
from server.store.dialect import Dialect
from server.store.environments import PeeweeEnvironments
from server.store.keys import PeeweeKeys
from server.store.once import Answers
from server.store.quotas import HeldQuotas
from server.store.session_events import PeeweeSessionEvents
from server.store.sessions import PeeweeSessions
from server.store.shared_secrets import SharedSecrets
from server.store.sqlite import SqliteDialect
from server.store.timed import TimedDialect
from server.store.traced import TracedDialect, TracedWriter
from server.store.transaction import Transaction
from server.store.turns import PeeweeTurns
from server.store.writer import LARGEST_GROUP, Writer

LONGEST_QUEUE = 1024


class PeeweeStore:
    """A core.store.Store over a database whose schema is up to date: see migrate.py.

    `clock` says when a lease has run out. `notify` has PostgreSQL tell all processes of new events.
    `quotas` says how much an organization may have. Reads and writes have `spans`, where there are such.
    """

    def __init__(
        self,
        dialect: Dialect,
        longest_queue: int = LONGEST_QUEUE,
        largest_group: int = LARGEST_GROUP,
        meters: Meters | None = None,
        clock: Clock = wall_clock,
        notify: bool = True,
        quotas: Quotas = NO_QUOTAS,
        spans: Spans | None = None,
    ) -> None:
        if meters is not None:
            dialect = TimedDialect(dialect, meters)
        if spans is not None:
            dialect = TracedDialect(dialect, spans)
        self._dialect = dialect
        with dialect.database.bind_ctx(models.TABLES):
            parts = dialect, self._before_commit, longest_queue, largest_group, meters
            self._writer = Writer(*parts) if spans is None else TracedWriter(*parts, spans)
            answers = Answers(dialect)
            held = HeldQuotas(dialect, quotas)
            audit = self.audit = PeeweeAudit(dialect, self._writer)
            self.agent_versions = versions = PeeweeAgentVersions(dialect)
            self.environments = PeeweeEnvironments(dialect, self._writer)
            self.agents = PeeweeAgents(dialect, self._writer, versions, answers, held, audit)
            self.sessions = PeeweeSessions(dialect, self._writer, self.agents, answers, clock, held, audit)
            self.bulk = PeeweeBulkSessions(
                dialect, self._writer, self.agents, self.sessions, answers, clock, held
            )
            self.turns = PeeweeTurns(dialect, self._writer, self.sessions, answers, clock)
            self.session_events = PeeweeSessionEvents(dialect, self._writer, clock, notify)
            self.keys = PeeweeKeys(dialect, self._writer, held, audit)
            self._secrets = SharedSecrets(dialect, self._writer)

    def shared_secret(self, name: str) -> bytes:
        """32 random bytes that all processes on this database share under a name."""
        return self._secrets.get(name)

    def is_healthy(self) -> bool:
        """Whether the writer lives and a write would get through now; writes nothing."""
        if not self._writer.is_alive():
            return False
        try:
            self._writer.run(lambda _: None, math.inf)
        except ServiceError as error:
            # Too much to do is no failure: others would get no less of it if this process were left out.
            return error.reason is Reason.QUEUE_FULL
        return True

    def waiting_writes(self) -> int:
        """How many writes wait for the writer."""
        return self._writer.waiting()

    def close(self) -> None:
        """Finishes the writes that wait, refuses new ones, and closes every connection."""
        self.session_events.close()
        self._writer.close()
        self._dialect.close()

    def _before_commit(self, transaction: Transaction) -> None:
        self.sessions.add_counts(transaction)
        self.session_events.append(transaction)


def open_dialect(url: str, prepare: bool = True) -> Dialect:
    """The database of a URL: `sqlite:///path/of/a/file`, or `postgresql://` as libpq has it.

    `prepare` says whether PostgreSQL may keep prepared statements. Raises ValueError for another URL.
    """
    scheme, separator, rest = url.partition("://")
    if scheme == "postgresql" and separator:
        # Imported where it is used: a service on SQLite starts without it.
        from server.store.postgres import PostgresDialect

        return PostgresDialect(url, prepare)
    if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        return SqliteDialect(Path(rest[1:]))
    raise ValueError("the database must be sqlite:///PATH or postgresql://USER@HOST/NAME")
