"""Sessions on peewee."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import cast

from peewee import EXCLUDED, SQL, Expression, ModelDelete, Query, Select, fn

from server.core.agent import Agent
from server.core.clock import Clock
from server.core.errors import ServiceError
from server.core.page import Page, PageRequest
from server.core.session import Session, SessionFilter
from server.core.store import Once, Replay, SessionRow
from server.core.turn import session_at
from server.store import models
from server.store.agents import PeeweeAgents
from server.store.dialect import Dialect, StoreFailure
from server.store.group import Batch
from server.store.once import Answers
from server.store.rows import SESSION_COLUMNS, folded, read_session, session_values, tags_text
from server.store.statement import (
    SIZES,
    Bound,
    Statement,
    compile_query,
    insert_rows,
    parameter,
    powers_of_two,
    values_of,
)
from server.store.transaction import Transaction
from server.store.writer import Writer


@dataclass(frozen=True, slots=True)
class _New:
    """A session to be made; see core.store.Sessions.create."""

    organization_id: bytes
    agent: bytes | str
    make: Callable[[Agent | None], Session]
    once: Once[SessionRow] | None


class PeeweeSessions:
    """The sessions of a database; see core.store.Sessions for what each method promises."""

    def __init__(
        self, dialect: Dialect, writer: Writer, agents: PeeweeAgents, answers: Answers, clock: Clock
    ) -> None:
        self._dialect = dialect
        self._writer = writer
        self._agents = agents
        self._answers = answers
        self._clock = clock
        self._statements = _Statements(dialect)

    def get(self, organization_id: bytes, id: bytes) -> SessionRow | None:
        key = self._dialect.key
        row = self._dialect.execute(self._statements.get, (key(organization_id), key(id))).fetchone()
        return self._as_of_now(read_session(row)) if row else None

    def list(self, organization_id: bytes, filter: SessionFilter, page: PageRequest) -> Page[SessionRow]:
        shape = _shape(filter)
        wanted = self._filter_values(organization_id, filter)
        after = () if page.after is None else (self._dialect.key(page.after[1]),)
        statement = self._statements.list[shape, bool(after)]
        rows = self._dialect.execute(statement, (*wanted, *after, page.size + 1, page.skip)).fetchall()
        items = tuple(self._as_of_now(read_session(row)) for row in rows[: page.size])
        last = items[-1].session if items and len(rows) > page.size else None
        return Page(
            items=items,
            total=self._total(organization_id, filter, shape, wanted),
            next=None if last is None else (last.created_at, last.id),
        )

    def create(
        self,
        organization_id: bytes,
        agent: bytes | str,
        make: Callable[[Agent | None], Session],
        once: Once[SessionRow] | None,
        deadline: float,
    ) -> SessionRow | Replay:
        create: Batch[_New, SessionRow | Replay] = self._create
        return self._writer.add(create, _New(organization_id, agent, make, once), deadline)

    def update(
        self,
        organization_id: bytes,
        id: bytes,
        change: Callable[[SessionRow], Session],
        deadline: float,
    ) -> SessionRow | None:
        key = self._dialect.key

        def write(transaction: Transaction) -> SessionRow | None:
            before = self.lock(transaction, organization_id, id)
            if before is None:
                return None
            changed = change(before)
            values = session_values(changed, key)
            transaction.execute(self._statements.update, (*values[2:], *values[:2]))
            return self._as_of_now(SessionRow(changed, before.agent_capabilities))

        return self._writer.run(write, deadline)

    def delete(self, organization_id: bytes, id: bytes, deadline: float) -> bool:
        key = self._dialect.key

        def write(transaction: Transaction) -> bool:
            row = self.lock(transaction, organization_id, id)
            if row is None:
                return False
            here = (key(organization_id), key(id))
            transaction.execute(self._statements.delete_turns, here)
            transaction.execute(self._statements.delete, here)
            transaction.count(organization_id, row.session.agent_id, -1)
            return True

        return self._writer.run(write, deadline)

    def lock(self, transaction: Transaction, organization_id: bytes, id: bytes) -> SessionRow | None:
        """The session as it is written down; until the transaction ends nobody else changes it."""
        key = self._dialect.key
        row = transaction.execute(self._statements.lock, (key(organization_id), key(id))).fetchone()
        return read_session(row) if row else None

    def move(self, transaction: Transaction, before: Session, after: Session) -> None:
        """Writes down the status of a session that is locked, and until when its turn's lease lasts.

        The one place where a status that there is changes.
        """
        key = self._dialect.key
        values = (after.status.value, after.updated_at, after.turn_expires_at)
        transaction.execute(self._statements.move, (*values, key(before.organization_id), key(before.id)))

    def add_counts(self, transaction: Transaction) -> None:
        """Writes down by how much the counts of a transaction changed; to be run before its commit."""
        key, shard = self._dialect.key, self._dialect.shard
        changes = transaction.changed_counts()
        for part in powers_of_two(changes):
            values = [v for org, scope, change in part for v in (key(org), key(scope), shard, change)]
            transaction.execute(self._statements.count[len(part)], values)

    def _as_of_now(self, row: SessionRow) -> SessionRow:
        if row.session.turn_expires_at is None:
            return row
        return SessionRow(session_at(row.session, self._clock()), row.agent_capabilities)

    def _create(
        self, transaction: Transaction, wanted: Sequence[_New]
    ) -> Sequence[SessionRow | Replay | ServiceError]:
        agents: dict[tuple[bytes, bytes | str], Agent | None] = {}
        outcomes = [self._outcome(transaction, new, agents) for new in wanted]
        made = [(new, o) for new, o in zip(wanted, outcomes, strict=True) if isinstance(o, SessionRow)]
        self._insert(transaction, [row.session for _, row in made])
        for new, row in made:
            if new.once:
                self._answers.keep(transaction, new.organization_id, new.once, row)
        return outcomes

    def _outcome(
        self,
        transaction: Transaction,
        new: _New,
        agents: dict[tuple[bytes, bytes | str], Agent | None],
    ) -> SessionRow | Replay | ServiceError:
        try:
            if new.once:
                answered = self._answers.find(transaction, new.organization_id, new.once)
                if answered:
                    return answered
            named = (new.organization_id, new.agent)
            if named not in agents:
                agents[named] = self._agents.read(transaction, *named)
            agent = agents[named]
            session = new.make(agent)
        except StoreFailure:
            raise
        except ServiceError as error:
            return error
        if agent is None or session.agent_id != agent.id:
            raise ValueError("a new session is of the agent that it was made with")
        return SessionRow(session, agent.capabilities)

    def _insert(self, transaction: Transaction, sessions: Sequence[Session]) -> None:
        key = self._dialect.key
        for part in powers_of_two(sessions):
            values = tuple(chain.from_iterable(session_values(session, key) for session in part))
            transaction.execute(self._statements.insert[len(part)], values)
        for session in sessions:
            transaction.count(session.organization_id, session.agent_id, 1)

    def _filter_values(self, organization_id: bytes, filter: SessionFilter) -> tuple[Bound, ...]:
        values: list[Bound] = [self._dialect.key(organization_id)]
        if filter.agent_id is not None:
            values.append(self._dialect.key(filter.agent_id))
        if filter.status is not None:
            values.append(filter.status.value)
        if filter.tags:
            values.append(tags_text(filter.tags))
        if filter.search:
            values.append(folded(filter.search))
        return tuple(values)

    def _total(
        self, organization_id: bytes, filter: SessionFilter, shape: _Shape, values: tuple[Bound, ...]
    ) -> int:
        _, by_status, by_tags, by_search = shape
        if by_status or by_tags or by_search:
            row = self._dialect.execute(self._statements.total[shape], values).fetchone()
        else:
            scope_id = organization_id if filter.agent_id is None else filter.agent_id
            scope = (self._dialect.key(organization_id), self._dialect.key(scope_id))
            row = self._dialect.execute(self._statements.counted, scope).fetchone()
        return int(cast(int, row[0])) if row and row[0] is not None else 0


_Shape = tuple[bool, bool, bool, bool]


def _shape(filter: SessionFilter) -> _Shape:
    """Which conditions a filter has: agent, status, tags, search."""
    return (filter.agent_id is not None, filter.status is not None, bool(filter.tags), bool(filter.search))


class _Statements:
    """Everything that sessions ask of the database, compiled when the store opens."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        table, counts = models.Session, models.SessionCount
        fields = table._meta.sorted_fields
        one = self._here() & (table.id == parameter("id"))
        self.get = self._compile(self._rows().where(one))
        self.lock = self.get
        if dialect.lock_row:
            self.lock = self._compile(self._rows().where(one).for_update(of=table))
        self.insert = {size: self._compile(insert_rows(table, size)) for size in SIZES}
        changed = values_of(fields[2:])
        self.update = self._compile(table.update(changed).where(one))
        moved = values_of([table.status, table.updated_at, table.turn_expires_at])
        self.move = self._compile(table.update(moved).where(one))
        self.delete = self._compile(ModelDelete(table).where(one))
        self.delete_turns = self._compile(
            ModelDelete(models.Turn).where(
                (models.Turn.organization_id == parameter("organization_id"))
                & (models.Turn.session_id == parameter("session_id"))
            )
        )
        self.list: dict[tuple[_Shape, bool], Statement] = {}
        self.total: dict[_Shape, Statement] = {}
        flags = (False, True)
        for shape in [(a, b, c, d) for a in flags for b in flags for c in flags for d in flags]:
            condition = self._condition(shape)
            self.total[shape] = self._compile(table.select(fn.COUNT(SQL("*"))).where(condition))
            for after in flags:
                self.list[shape, after] = self._compile(self._page(condition, after))
        added = {counts.sessions: counts.sessions + EXCLUDED.sessions}
        scope = counts._meta.sorted_fields[:3]
        self.count = {
            size: self._compile(insert_rows(counts, size).on_conflict(conflict_target=scope, update=added))
            for size in SIZES
        }
        self.counted = self._compile(
            counts.select(fn.SUM(counts.sessions)).where(
                (counts.organization_id == parameter("organization_id"))
                & (counts.scope_id == parameter("scope_id"))
            )
        )

    def _compile(self, query: Query) -> Statement:
        return compile_query(self._dialect.database, query)

    def _here(self) -> Expression:
        return models.Session.organization_id == parameter("organization_id")

    def _rows(self) -> Select:
        table, agent = models.Session, models.Agent
        its_agent = (agent.organization_id == table.organization_id) & (agent.id == table.agent_id)
        return table.select(*SESSION_COLUMNS, agent.capabilities).join(agent, on=its_agent)

    def _condition(self, shape: _Shape) -> Expression:
        by_agent, by_status, by_tags, by_search = shape
        table = models.Session
        condition = self._here()
        if by_agent:
            condition &= table.agent_id == parameter("agent_id")
        if by_status:
            condition &= table.status == parameter("status")
        if by_tags:
            condition &= self._dialect.has_all(table.tags, parameter("tags"))
        if by_search:
            condition &= self._dialect.contains(table.search_text, parameter("search"))
        return condition

    def _page(self, condition: Expression, after: bool) -> Select:
        table = models.Session
        if after:
            condition &= table.id < parameter("after")
        page = self._rows().where(condition).order_by(table.id.desc())
        return page.limit(parameter("size")).offset(parameter("skip"))
