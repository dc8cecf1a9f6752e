"""What is read of sessions: one, pages, and counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from server.core.clock import Clock
from server.core.ids import first_id
from server.core.page import Page, PageRequest
from server.core.session import SessionFilter, SessionStatus
from server.core.session_store import NO_KEY, SessionRow
from server.core.turn import session_at
from server.store.dialect import Dialect
from server.store.rows import folded, read_session, tags_text
from server.store.session_statements import SessionStatements, Shape, shape_of
from server.store.statement import Bound

_FIRST = bytes(16)
_BEYOND = b"\xff" * 16


class SessionReads:
    """Reads the sessions of a database; see core.session_store.Sessions for what each method promises."""

    def __init__(self, dialect: Dialect, clock: Clock) -> None:
        self._dialect = dialect
        self._clock = clock
        self.statements = SessionStatements(dialect)

    def get(self, organization_id: bytes, id: bytes, key_id: bytes = NO_KEY) -> SessionRow | None:
        key = self._dialect.key
        values = (key(key_id), key(organization_id), key(id))
        row = self._dialect.execute(self.statements.get, values).fetchone()
        return self.as_of_now(read_session(row)) if row else None

    def list(
        self, organization_id: bytes, filter: SessionFilter, page: PageRequest, key_id: bytes = NO_KEY
    ) -> Page[SessionRow]:
        shape, key = shape_of(filter), self._dialect.key
        # An id begins with the time that its session was created at, to the microsecond.
        first = _FIRST if filter.created_after is None else first_id(filter.created_after)
        before = _BEYOND if filter.created_before is None else first_id(filter.created_before)
        last_before = before if page.after is None else min(before, page.after[1])
        wanted = self._filter_values(filter)
        now = self._clock()
        values = (key(key_id), key(organization_id), key(first), key(last_before), now, *wanted)
        statement = self.statements.page[shape]
        rows = self._dialect.execute(statement, (*values, page.size + 1, page.skip)).fetchall()
        if shape.tags or shape.search or shape.pinned or first is not _FIRST or before is not _BEYOND:
            of_key = (key(key_id),) if shape.pinned else ()
            values = (*of_key, key(organization_id), key(first), key(before), now, *wanted)
            total = self._count(shape, values)
        else:
            counts = self._counts(organization_id, filter.agent_id, now)
            total = counts.get(filter.status, 0) if filter.status else sum(counts.values())
        items = tuple(_as_of(now, read_session(row)) for row in rows[: page.size])
        last = items[-1].session if items and len(rows) > page.size else None
        return Page(items, total, None if last is None else (last.created_at, last.id))

    def counts(self, organization_id: bytes, agent_id: bytes | None) -> Mapping[SessionStatus, int]:
        return self._counts(organization_id, agent_id, self._clock())

    def _counts(
        self, organization_id: bytes, agent_id: bytes | None, now: int
    ) -> Mapping[SessionStatus, int]:
        scope_id = organization_id if agent_id is None else agent_id
        scope = (self._dialect.key(organization_id), self._dialect.key(scope_id))
        values: tuple[Bound, ...] = (*scope, scope[0], now)
        statement = self.statements.counted
        if agent_id is not None:
            statement, values = self.statements.counted_of_agent, (*scope, scope[1], scope[0], now)
        counts: Counter[SessionStatus] = Counter()
        for status, sessions in self._dialect.execute(statement, values).fetchall():
            # PostgreSQL's sum is a decimal number.
            counts[SessionStatus(str(status))] += int(cast(int, sessions))
        return counts

    def as_of_now(self, row: SessionRow) -> SessionRow | None:
        """The session as it is now; None where it has expired."""
        session = row.session
        if session.turn_expires_at is None and session.expires_at is None:
            return row
        now = self._clock()
        return _as_of(now, row) if session.is_there(now) else None

    def _filter_values(self, filter: SessionFilter) -> tuple[Bound, ...]:
        values: list[Bound] = []
        if filter.agent_id is not None:
            values.append(self._dialect.key(filter.agent_id))
        if filter.status is not None:
            values.append(filter.status.value)
        if filter.tags:
            values.append(tags_text(filter.tags))
        if filter.search:
            values.append(folded(filter.search))
        return tuple(values)

    def _count(self, shape: Shape, values: Sequence[Bound]) -> int:
        row = self._dialect.execute(self.statements.total[shape], values).fetchone()
        return cast(int, row[0]) if row else 0


def _as_of(now: int, row: SessionRow) -> SessionRow:
    if row.session.turn_expires_at is None:
        return row
    return replace(row, session=session_at(row.session, now))
