"""Turns on peewee.

Whatever changes a turn holds the row of its session, so that of any number at once each sees what the one
before did.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import cast

from peewee import SQL, Query, Select, fn

from server.core.clock import Clock
from server.core.once import Once, Replay
from server.core.page import Page, PageRequest
from server.core.session import Session
from server.core.turn import Turn, session_at, session_with, turn_at
from server.core.turn_store import SessionTurn
from server.store import models
from server.store.dialect import Dialect
from server.store.once import Answers
from server.store.rows import TURN_COLUMNS, read_turn, turn_values
from server.store.session_events import note
from server.store.sessions import PeeweeSessions
from server.store.statement import Bound, Statement, compile_query, parameter, values_of
from server.store.transaction import Transaction
from server.store.writer import Writer


class PeeweeTurns:
    """The turns of a database; see core.turn_store.Turns for what each method promises."""

    def __init__(
        self, dialect: Dialect, writer: Writer, sessions: PeeweeSessions, answers: Answers, clock: Clock
    ) -> None:
        self._dialect = dialect
        self._writer = writer
        self._sessions = sessions
        self._answers = answers
        self._clock = clock
        self._statements = _Statements(dialect)

    def get(self, organization_id: bytes, session_id: bytes, id: bytes) -> Turn | None:
        row = self._dialect.execute(
            self._statements.get, self._key(organization_id, session_id, id)
        ).fetchone()
        return turn_at(read_turn(row), self._clock()) if row else None

    def list(self, organization_id: bytes, session_id: bytes, page: PageRequest) -> Page[Turn]:
        here = self._key(organization_id, session_id)
        after = () if page.after is None else self._key(page.after[1])
        statement = self._statements.list[bool(after)]
        rows = self._dialect.execute(statement, (*here, *after, page.size + 1, page.skip)).fetchall()
        total = self._dialect.execute(self._statements.total, here).fetchone()
        now = self._clock()
        items = tuple(turn_at(read_turn(row), now) for row in rows[: page.size])
        last = items[-1] if items and len(rows) > page.size else None
        return Page(
            items=items,
            total=cast(int, total[0]) if total else 0,
            next=None if last is None else (last.started_at, last.id),
        )

    def change(
        self,
        organization_id: bytes,
        session_id: bytes,
        id: bytes | None,
        change: Callable[[Session, Turn | None], Turn | None],
        once: Once[Turn] | None,
        deadline: float,
    ) -> SessionTurn | Replay | None:
        def write(transaction: Transaction) -> SessionTurn | Replay | None:
            stored = self._sessions.lock(transaction, organization_id, session_id)
            if stored is None:
                return None
            # With the session held: whoever asked the same at the same time has been answered by now.
            answered = self._answers.find(transaction, organization_id, once) if once else None
            if answered:
                return answered
            session = self._end_expired(transaction, stored.session)
            before = self._find(transaction, session, id)
            turn = change(session, before)
            if turn is None or turn == before:
                return SessionTurn(session, turn)
            self._keep(transaction, before, turn)
            changed = session_with(session, turn)
            self._sessions.move(transaction, session, changed)
            note(transaction, session, changed, turn, _changed_paths(before, turn))
            if once:
                self._answers.keep(transaction, organization_id, once, turn)
            return SessionTurn(changed, turn)

        return self._writer.run(write, deadline)

    def end_expired(self, most: int) -> int:
        found = self._dialect.execute(self._statements.expired, (self._clock(), most)).fetchall()

        def write(transaction: Transaction) -> int:
            ended = 0
            # In one order, so that processes that do this at once do not wait for each other crosswise.
            for organization_id, session_id in cast("list[tuple[bytes, bytes]]", found):
                # It may have been heard of since, or have been deleted.
                stored = self._sessions.lock_written(transaction, organization_id, session_id)
                if stored is not None:
                    ended += self._end_expired(transaction, stored.session) != stored.session
            return ended

        return self._writer.run(write, math.inf) if found else 0

    def _end_expired(self, transaction: Transaction, session: Session) -> Session:
        """Ends the session's turn if its lease has run out; the session as it is now."""
        now = self._clock()
        changed = session_at(session, now)
        if changed != session:
            running = self._find(transaction, session, None)
            expired = None if running is None else turn_at(running, now)
            # A session that was made active by hand has no turn.
            if expired is not None:
                self._keep(transaction, running, expired)
            self._sessions.move(transaction, session, changed)
            note(transaction, session, changed, expired, () if expired is None else ("turn",))
        return changed

    def _find(self, transaction: Transaction, session: Session, id: bytes | None) -> Turn | None:
        statement = self._statements.last if id is None else self._statements.get
        wanted = (session.organization_id, session.id) + (() if id is None else (id,))
        row = transaction.execute(statement, self._key(*wanted)).fetchone()
        return read_turn(row) if row else None

    def _keep(self, transaction: Transaction, before: Turn | None, turn: Turn) -> None:
        values = turn_values(turn, self._dialect.key)
        if before is None or before.id != turn.id:
            transaction.execute(self._statements.insert, values)
        else:
            transaction.execute(self._statements.update, (*values[3:], *values[:3]))

    def _key(self, *ids: bytes) -> tuple[Bound, ...]:
        return tuple(map(self._dialect.key, ids))


def _changed_paths(before: Turn | None, turn: Turn) -> tuple[str, ...]:
    """What an event says of a turn that is other than before; nothing of a lease that lasts longer."""
    if before is None or before.id != turn.id or before.outcome is not turn.outcome:
        return ("turn",)
    if before.cancel_requested_at != turn.cancel_requested_at:
        return ("turn.cancel_requested",)
    return ()


class _Statements:
    """Everything that turns ask of the database, compiled when the store opens."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        table, session = models.Turn, models.Session
        fields = table._meta.sorted_fields
        here = (table.organization_id == parameter("organization_id")) & (
            table.session_id == parameter("session_id")
        )
        one = here & (table.id == parameter("id"))
        its_session = (session.organization_id == table.organization_id) & (session.id == table.session_id)
        rows = table.select(*TURN_COLUMNS, session.turn_expires_at).join(session, on=its_session)
        newest_first = table.id.desc()
        self.get = self._compile(rows.where(one))
        self.last = self._compile(rows.where(here).order_by(newest_first).limit(SQL("1")))
        self.insert = self._compile(table.insert(values_of(fields)))
        self.update = self._compile(table.update(values_of(fields[3:])).where(one))
        self.total = self._compile(table.select(fn.COUNT(SQL("*"))).where(here))

        def page(select: Select) -> Statement:
            page = select.order_by(newest_first).limit(parameter("size")).offset(parameter("skip"))
            return self._compile(page)

        self.list = {
            False: page(rows.where(here)),
            True: page(rows.where(here & (table.id < parameter("after")))),
        }
        self.expired = self._compile(
            session.select(session.organization_id, session.id)
            .where(session.turn_expires_at <= parameter("now"))
            .order_by(session.organization_id, session.turn_expires_at, session.id)
            .limit(parameter("most"))
        )

    def _compile(self, query: Query) -> Statement:
        return compile_query(self._dialect.database, query)
