"""Agents on peewee."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TypeVar, cast

from peewee import SQL, Expression, Query, fn

from server.core.agent import Agent, AgentFilter, AgentStatus
from server.core.agent_version import succeed
from server.core.audit import Actor
from server.core.errors import agent_already_exists
from server.core.ids import format_id
from server.core.once import Once, Replay
from server.core.page import Page, PageRequest
from server.store import models
from server.store.agent_versions import PeeweeAgentVersions
from server.store.audit import PeeweeAudit
from server.store.dialect import Dialect, DuplicateRow
from server.store.once import Answers
from server.store.quotas import HeldQuotas
from server.store.rows import AGENT_COLUMNS, agent_values, folded, read_agent
from server.store.statement import Bound, Statement, compile_query, parameter, values_of
from server.store.transaction import Transaction
from server.store.writer import Writer

T = TypeVar("T")


class PeeweeAgents:
    """The agents of a database; see core.agent_store.Agents for what each method promises."""

    def __init__(
        self,
        dialect: Dialect,
        writer: Writer,
        versions: PeeweeAgentVersions,
        answers: Answers,
        quotas: HeldQuotas,
        audit: PeeweeAudit,
    ) -> None:
        self._dialect = dialect
        self._writer = writer
        self._versions = versions
        self._answers = answers
        self._quotas = quotas
        self._audit = audit
        self._statements = _Statements(dialect)

    def get(self, organization_id: bytes, id: bytes) -> Agent | None:
        key = self._dialect.key
        row = self._dialect.execute(self._statements.get, (key(organization_id), key(id))).fetchone()
        return read_agent(row) if row else None

    def read(self, transaction: Transaction, organization_id: bytes, named: bytes | str) -> Agent | None:
        """The agent of an id, or the active one of a name, as the transaction sees it."""
        statement = self._statements.find if isinstance(named, str) else self._statements.get
        value = named if isinstance(named, str) else self._dialect.key(named)
        row = transaction.execute(statement, (self._dialect.key(organization_id), value)).fetchone()
        return read_agent(row) if row else None

    def find(self, organization_id: bytes, name: str) -> Agent | None:
        values = (self._dialect.key(organization_id), name)
        row = self._dialect.execute(self._statements.find, values).fetchone()
        return read_agent(row) if row else None

    def list(self, organization_id: bytes, filter: AgentFilter, page: PageRequest) -> Page[Agent]:
        shape = (not filter.include_archived, bool(filter.search))
        wanted: list[Bound] = [self._dialect.key(organization_id)]
        if shape[0]:
            wanted.append(AgentStatus.ACTIVE.value)
        if shape[1]:
            wanted.append(folded(filter.search))
        after: tuple[Bound, ...] = ()
        if page.after is not None:
            created_at, id = page.after
            after = (created_at, created_at, self._dialect.key(id))
        statement = self._statements.list[(*shape, bool(after))]
        rows = self._dialect.execute(statement, (*wanted, *after, page.size + 1, page.skip)).fetchall()
        total = self._dialect.execute(self._statements.total[shape], wanted).fetchone()
        items = tuple(map(read_agent, rows[: page.size]))
        last = items[-1] if items and len(rows) > page.size else None
        return Page(
            items=items,
            total=cast(int, total[0]) if total else 0,
            next=None if last is None else (last.created_at, last.id),
        )

    def create(
        self, agent: Agent, once: Once[Agent] | None, deadline: float, actor: Actor | None = None
    ) -> Agent | Replay:
        def write(transaction: Transaction) -> Agent | Replay:
            return self._answered(transaction, agent.organization_id, once) or self._insert(
                transaction, agent, once, actor
            )

        return self._write(write, agent.name, deadline)

    def apply(
        self,
        organization_id: bytes,
        id: bytes | None,
        name: str,
        change: Callable[[Agent | None], Agent],
        once: Once[Agent] | None,
        deadline: float,
        actor: Actor | None = None,
    ) -> Agent | Replay:
        statement = self._statements.lock_name if id is None else self._statements.lock
        where = name if id is None else self._dialect.key(id)

        def write(transaction: Transaction) -> Agent | Replay:
            answered = self._answered(transaction, organization_id, once)
            if answered:
                return answered
            row = transaction.execute(statement, (self._dialect.key(organization_id), where)).fetchone()
            if row is None:
                return self._insert(transaction, change(None), once, actor)
            before = read_agent(row)
            if before.status is not AgentStatus.ACTIVE:
                self._quotas.admit_agent(transaction, organization_id)
            agent = self._replace(transaction, before, change(before), actor)
            if once:
                self._answers.keep(transaction, organization_id, once, agent)
            return agent

        return self._write(write, name, deadline)

    def update(
        self,
        organization_id: bytes,
        id: bytes,
        change: Callable[[Agent], Agent],
        deadline: float,
        actor: Actor | None = None,
    ) -> Agent | None:
        key = self._dialect.key

        def write(transaction: Transaction) -> Agent | None:
            row = transaction.execute(self._statements.lock, (key(organization_id), key(id))).fetchone()
            if row is None:
                return None
            before = read_agent(row)
            return self._replace(transaction, before, change(before), actor)

        return self._write(write, format_id("agent", id), deadline)

    def _write(self, write: Callable[[Transaction], T], name: str, deadline: float) -> T:
        try:
            return self._writer.run(write, deadline)
        except DuplicateRow:
            raise agent_already_exists(name) from None

    def _answered(
        self, transaction: Transaction, organization_id: bytes, once: Once[Agent] | None
    ) -> Replay | None:
        return self._answers.find(transaction, organization_id, once) if once else None

    def _insert(
        self, transaction: Transaction, agent: Agent, once: Once[Agent] | None, actor: Actor | None
    ) -> Agent:
        self._quotas.admit_agent(transaction, agent.organization_id)
        transaction.execute(self._statements.insert, agent_values(agent, self._dialect.key))
        self._versions.keep(transaction, agent)
        self._audit.note(transaction, actor, None, agent)
        if once:
            self._answers.keep(transaction, agent.organization_id, once, agent)
        return agent

    def _replace(self, transaction: Transaction, before: Agent, changed: Agent, actor: Actor | None) -> Agent:
        agent = succeed(before, changed)
        values = agent_values(agent, self._dialect.key)
        transaction.execute(self._statements.update, (*values[2:], *values[:2]))
        if agent.version != before.version:
            self._versions.keep_missing(transaction, before)
            self._versions.keep(transaction, agent)
        self._audit.note(transaction, actor, before, agent)
        return agent


class _Statements:
    """Everything that agents ask of the database, compiled when the store opens."""

    def __init__(self, dialect: Dialect) -> None:
        table = models.Agent
        fields = table._meta.sorted_fields
        here = table.organization_id == parameter("organization_id")
        one = here & (table.id == parameter("id"))
        named = here & (table.active_name == parameter("name"))
        rows = table.select(*AGENT_COLUMNS)

        def compiled(query: Query) -> Statement:
            return compile_query(dialect.database, query)

        self.get = self.lock = compiled(rows.where(one))
        self.find = self.lock_name = compiled(rows.where(named))
        if dialect.lock_row:
            self.lock = compiled(rows.where(one).for_update())
            self.lock_name = compiled(rows.where(named).for_update())
        self.insert = compiled(table.insert(values_of(fields)))
        changed = values_of(fields[2:])
        self.update = compiled(table.update(changed).where(one))
        self.list: dict[tuple[bool, bool, bool], Statement] = {}
        self.total: dict[tuple[bool, bool], Statement] = {}
        for active, searched in itertools.product((False, True), repeat=2):
            condition = here
            if active:
                condition &= table.status == parameter("status")
            if searched:
                condition &= dialect.contains(table.search_text, parameter("search"))
            self.total[active, searched] = compiled(table.select(fn.COUNT(SQL("*"))).where(condition))
            for after in (False, True):
                page = rows.where(condition & _after() if after else condition)
                page = page.order_by(table.created_at.desc(), table.id.desc())
                page = page.limit(parameter("size")).offset(parameter("skip"))
                self.list[active, searched, after] = compiled(page)


def _after() -> Expression:
    table = models.Agent
    same_time = (table.created_at == parameter("created_at")) & (table.id < parameter("after"))
    return (table.created_at < parameter("created_at")) | same_time
