"""PostgreSQL as a dialect: through psycopg 3, a connection per thread, opened anew when it is lost.

Nothing here depends on a session outliving a transaction, so that a pooler in transaction mode may
stand between: there are no sequences, session locks or SET beyond one. Prepared statements can be turned off.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import cast

import psycopg
from peewee import SQL, Database, Expression, Field, PeeweeException, PostgresqlDatabase, Value, fn
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict

from server.core.errors import Reason
from server.store.dialect import Cursor, DuplicateRow, MissingRow, StoreFailure
from server.store.statement import Bound, Statement

CONNECT_WAIT = 5
"""How long, in seconds, a thread waits for a connection to one host."""

STATEMENT_WAIT_MS = 10_000
"""How long, in milliseconds, the database works on one statement, waiting for locks included."""

_MIGRATION_LOCK = 0x65766572756E73
_LOST_RACE = frozenset({"40001", "40P01"})
_SHARDS = 64

Connection = psycopg.Connection[tuple[Bound, ...]]


class _KeyLoader(Loader):
    """Reads a uuid as the 16 bytes it is, which is what the core has."""

    def load(self, data: Buffer) -> bytes:
        return bytes.fromhex(bytes(data).decode().replace("-", ""))


class _TextLoader(Loader):
    """Reads jsonb as its text; the rows' reader parses it."""

    def load(self, data: Buffer) -> str:
        return bytes(data).decode()


class _Postgres(PostgresqlDatabase):
    def __init__(self, url: str, prepare: bool) -> None:
        self.opened: list[Connection] = []
        self._opening = threading.Lock()
        self._connection_of_thread: Callable[[], Connection] = self.connection
        super().__init__(
            url,
            # A pooler in transaction mode takes no options, and forgets what is prepared.
            prefer_psycopg3=True,
            connect_timeout=CONNECT_WAIT,
            keepalives_idle=30,
            target_session_attrs="read-write",
            prepare_threshold=5 if prepare else None,
            options=f"-c statement_timeout={STATEMENT_WAIT_MS}" if prepare else None,
        )

    def current(self) -> Connection:
        """The calling thread's connection, opened when there is none or it is lost."""
        if not self.is_closed():
            connection = self._connection_of_thread()
            if not connection.closed:
                return connection
            self.forget(connection)
        return self._connection_of_thread()

    def _initialize_connection(self, connection: Connection) -> None:
        """Peewee's hook for a connection that it has just opened."""
        connection.adapters.register_loader("uuid", _KeyLoader)
        connection.adapters.register_loader("jsonb", _TextLoader)
        with self._opening:
            self.opened.append(connection)

    def forget(self, connection: Connection) -> None:
        """Drops the calling thread's connection, which is lost."""
        with self._opening:
            if connection in self.opened:
                self.opened.remove(connection)
        self.close()


class PostgresDialect:
    """PostgreSQL, or what speaks its protocol and SQL."""

    begin = "BEGIN"
    lock_row = True

    def __init__(self, url: str, prepare: bool = True) -> None:
        """Connects when it is first used. Raises ValueError for a URL that libpq cannot read."""
        try:
            conninfo_to_dict(url)
        except psycopg.Error:
            # Its text quotes what it could not read, a password for example.
            raise ValueError("the database's URL is not one that PostgreSQL's client can read") from None
        self._postgres = _Postgres(url, prepare)
        self.database: Database = self._postgres
        self.shard = secrets.randbelow(_SHARDS)
        self._numbered: dict[str, bytes] = {}
        self._committing = False

    def execute(self, statement: Statement, values: Sequence[Bound]) -> Cursor:
        return self._run(self._number(statement), values)

    def command(self, sql: str) -> None:
        committing = sql == "COMMIT"
        self._committing = committing
        self._run(sql.encode(), (), passing=not committing)

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """A pipeline: one way to the database and back for all statements between two answers that are
        looked at, in place of one for each."""
        connection = self._connect()
        try:
            with connection.pipeline() as pipeline:
                try:
                    yield
                except BaseException:
                    # What waits is of a transaction that is given up; how it ends is nobody's concern.
                    with contextlib.suppress(psycopg.Error):
                        pipeline.sync()
                    raise
        except psycopg.Error as error:
            lost = connection.closed
            if lost:
                self._postgres.forget(connection)
            raise _failure(error, lost and not self._committing) from error

    def rollback(self) -> None:
        with contextlib.suppress(psycopg.Error, PeeweeException):
            self._postgres.current().rollback()

    def key(self, id: bytes) -> Bound:
        # The text is of no type until the statement it is bound to makes it a uuid.
        return id.hex()

    def contains(self, text: Field, part: Value) -> Expression:
        return fn.strpos(text, part) > SQL("0")

    def has_all(self, document: Field, wanted: Value) -> Expression:
        return Expression(document, "@>", wanted)

    @contextlib.contextmanager
    def migration_lock(self) -> Iterator[None]:
        with self.database.atomic():
            self.database.execute_sql("SELECT pg_advisory_xact_lock(%s)", (_MIGRATION_LOCK,))
            # Counting and indexing all sessions takes as long as it takes.
            self.database.execute_sql("SET LOCAL statement_timeout = 0")
            yield

    def close(self) -> None:
        for connection in self._postgres.opened:
            connection.close()

    def _run(self, sql: bytes, values: Sequence[Bound], passing: bool = True) -> Cursor:
        for attempt in (1, 2):
            connection = self._connect()
            alone = connection.pgconn.pipeline_status == psycopg.pq.PipelineStatus.OFF
            idle = connection.pgconn.transaction_status == psycopg.pq.TransactionStatus.IDLE
            try:
                cursor = psycopg.RawCursor(connection)
                return cast(Cursor, cursor.execute(sql, values))
            except psycopg.Error as error:
                lost = connection.closed
                if lost:
                    self._postgres.forget(connection)
                    # Outside a transaction nothing was done yet that a new connection lacks.
                    if alone and idle and attempt == 1:
                        continue
                raise _failure(error, passing and lost) from error
        raise AssertionError("the second attempt returns or raises")

    def _connect(self) -> Connection:
        try:
            return self._postgres.current()
        except (psycopg.Error, PeeweeException) as error:
            raise StoreFailure("the database cannot be reached just now") from error

    def _number(self, statement: Statement) -> bytes:
        """The statement with PostgreSQL's own placeholders, which psycopg hands on unread."""
        numbered = self._numbered.get(statement.sql)
        if numbered is None:
            first, *rest = statement.sql.split("%s")
            text = first + "".join(f"${place}{part}" for place, part in enumerate(rest, 1))
            numbered = self._numbered[statement.sql] = text.encode()
        return numbered


def _failure(error: psycopg.Error, passing: bool) -> Exception:
    match error.sqlstate:
        case "23505":
            return DuplicateRow(str(error))
        case "23503":
            return MissingRow(str(error))
        case state if state in _LOST_RACE:
            text = "others changed the same thing at the same time, again and again"
            return StoreFailure(text, reason=Reason.CONCURRENT_CHANGE, passing=True)
        case state:
            return StoreFailure(
                f"the database cannot be used just now ({state or 'no connection'})", passing=passing
            )
