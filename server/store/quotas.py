"""Holding an organization to its quotas, within the transaction of the write that adds to what it has.

What is there is counted in the transaction that adds to it, and who adds holds a lock on the organization
until its commit: so of any number that create at once, in any number of processes, as many get in as there
is room for. Where there is no quota nothing is asked or locked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from peewee import SQL, Expression, Select, fn

from server.core.agent import AgentStatus
from server.core.errors import ServiceError, quota_exceeded
from server.core.ids import format_id
from server.core.quota import Quotas
from server.store import models
from server.store.dialect import Dialect
from server.store.statement import Bound, Statement, compile_query, parameter
from server.store.transaction import Transaction


class HeldQuotas:
    """Refuses what is one too many. Of the writer's thread."""

    def __init__(self, dialect: Dialect, quotas: Quotas) -> None:
        self._key = dialect.key
        self._quotas = quotas
        organization, agent, key, counts = (
            models.Organization,
            models.Agent,
            models.ApiKey,
            models.SessionCount,
        )
        here = organization.id == parameter("organization_id")
        row = organization.select(organization.id).where(here)
        self._lock = compile_query(dialect.database, row.for_update()) if dialect.lock_row else None

        def number(table: type[models.Table], condition: Expression) -> Select:
            return table.select(fn.COUNT(SQL("*"))).where(condition)

        active = agent.status == parameter("status")
        self._agents = compile_query(
            dialect.database, number(agent, (agent.organization_id == parameter("organization_id")) & active)
        )
        held = key.revoked_at.is_null()
        self._keys = compile_query(
            dialect.database, number(key, (key.organization_id == parameter("organization_id")) & held)
        )
        of_all = (counts.organization_id == parameter("organization_id")) & (
            counts.scope_id == parameter("scope_id")
        )
        self._sessions = compile_query(
            dialect.database, counts.select(fn.COALESCE(fn.SUM(counts.sessions), SQL("0"))).where(of_all)
        )

    def admit_agent(self, transaction: Transaction, organization_id: bytes) -> None:
        """Raises QUOTA_EXCEEDED where there is no room for one more agent."""
        most = self._quotas.agents
        if most is not None:
            values = (self._key(organization_id), AgentStatus.ACTIVE.value)
            if self._count(transaction, organization_id, self._agents, values) >= most:
                raise _exceeded(organization_id, most, "agents", "delete one")

    def admit_key(self, transaction: Transaction, organization_id: bytes) -> None:
        """Raises QUOTA_EXCEEDED where there is no room for one more key."""
        most = self._quotas.keys
        if most is not None:
            values = (self._key(organization_id),)
            if self._count(transaction, organization_id, self._keys, values) >= most:
                raise _exceeded(organization_id, most, "API keys that are not revoked", "revoke one")

    def room_for_sessions(self, transaction: Transaction) -> SessionRoom | None:
        """The room there is as the transaction goes on; None for any number."""
        return (
            None if self._quotas.sessions is None else SessionRoom(self, transaction, self._quotas.sessions)
        )

    def sessions(self, transaction: Transaction, organization_id: bytes) -> int:
        """How many sessions the organization has, with those that the transaction has made already."""
        key = self._key(organization_id)
        written = self._count(transaction, organization_id, self._sessions, (key, key))
        return written + transaction.added(organization_id)

    def _count(
        self, transaction: Transaction, organization_id: bytes, statement: Statement, values: Sequence[Bound]
    ) -> int:
        if self._lock is not None:
            transaction.execute(self._lock, (self._key(organization_id),))
        row = transaction.execute(statement, values).fetchone()
        # PostgreSQL's sum is a decimal number.
        return int(cast(int, row[0])) if row else 0


class SessionRoom:
    """How many more sessions organizations may have, as one transaction adds to them."""

    def __init__(self, quotas: HeldQuotas, transaction: Transaction, most: int) -> None:
        self._quotas = quotas
        self._transaction = transaction
        self._most = most
        self._left: dict[bytes, int] = {}

    def take(self, organization_id: bytes) -> None:
        """Takes the room of one. Raises QUOTA_EXCEEDED where there is none."""
        left = self._left.get(organization_id)
        if left is None:
            left = self._most - self._quotas.sessions(self._transaction, organization_id)
        if left <= 0:
            raise _exceeded(organization_id, self._most, "sessions", "delete some")
        self._left[organization_id] = left - 1


def _exceeded(organization_id: bytes, most: int, things: str, remedy: str) -> ServiceError:
    return quota_exceeded(format_id("org", organization_id), most, things, remedy)
