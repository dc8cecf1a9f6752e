"""Versions of agents on peewee."""

from __future__ import annotations

from typing import cast

from peewee import SQL, Query, Select, fn

from server.core.agent import Agent
from server.core.agent_version import AgentVersion, version_of
from server.core.page import Page, PageRequest
from server.store import models
from server.store.dialect import Dialect
from server.store.rows import agent_version_values, read_agent_version
from server.store.statement import Bound, Statement, compile_query, parameter, values_of
from server.store.transaction import Transaction

_NO_ID = bytes(16)
"""A version's key in a list is its number alone."""


class PeeweeAgentVersions:
    """The versions of a database; see core.agent_store.AgentVersions for what each method promises."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._statements = _Statements(dialect)

    def get(self, organization_id: bytes, agent_id: bytes, number: int) -> AgentVersion | None:
        here = self._here(organization_id, agent_id)
        row = self._dialect.execute(self._statements.get, (*here, number)).fetchone()
        return read_agent_version(row) if row else None

    def list(self, organization_id: bytes, agent_id: bytes, page: PageRequest) -> Page[AgentVersion]:
        here = self._here(organization_id, agent_id)
        after = () if page.after is None else (page.after[0],)
        statement = self._statements.list[bool(after)]
        rows = self._dialect.execute(statement, (*here, *after, page.size + 1, page.skip)).fetchall()
        total = self._dialect.execute(self._statements.total, here).fetchone()
        items = tuple(map(read_agent_version, rows[: page.size]))
        last = items[-1] if items and len(rows) > page.size else None
        return Page(
            items=items,
            total=cast(int, total[0]) if total else 0,
            next=None if last is None else (last.number, _NO_ID),
        )

    def keep(self, transaction: Transaction, agent: Agent) -> None:
        """Keeps the version that an agent is, which must be new."""
        transaction.execute(
            self._statements.insert, agent_version_values(version_of(agent), self._dialect.key)
        )

    def keep_missing(self, transaction: Transaction, agent: Agent) -> None:
        """Keeps the version that an agent is unless it is there: a process that knows of no versions, as
        there may be during an upgrade, makes agents without."""
        values = agent_version_values(version_of(agent), self._dialect.key)
        transaction.execute(self._statements.insert_missing, values)

    def _here(self, organization_id: bytes, agent_id: bytes) -> tuple[Bound, Bound]:
        return self._dialect.key(organization_id), self._dialect.key(agent_id)


class _Statements:
    """Everything that versions ask of the database, compiled when the store opens."""

    def __init__(self, dialect: Dialect) -> None:
        table = models.AgentVersion
        fields = table._meta.sorted_fields
        here = (table.organization_id == parameter("organization_id")) & (
            table.agent_id == parameter("agent_id")
        )
        rows = table.select(*fields)

        def compiled(query: Query) -> Statement:
            return compile_query(dialect.database, query)

        def page(select: Select) -> Statement:
            page = select.order_by(table.number.desc()).limit(parameter("size")).offset(parameter("skip"))
            return compiled(page)

        self.get = compiled(rows.where(here & (table.number == parameter("number"))))
        self.insert = compiled(table.insert(values_of(fields)))
        self.insert_missing = compiled(table.insert(values_of(fields)).on_conflict_ignore())
        self.total = compiled(table.select(fn.COUNT(SQL("*"))).where(here))
        self.list = {
            False: page(rows.where(here)),
            True: page(rows.where(here & (table.number < parameter("after")))),
        }
