"""Sessions on peewee."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import cast

from server.core.agent import Agent
from server.core.audit import Actor
from server.core.clock import Clock, after
from server.core.errors import Reason, ServiceError, session_not_deleted
from server.core.ids import format_id
from server.core.later import Later
from server.core.once import Once, Replay
from server.core.session import Session
from server.core.session_store import NO_KEY, SessionRow
from server.core.turn import TurnOutcome, idle_since
from server.store.agents import PeeweeAgents
from server.store.audit import PeeweeAudit
from server.store.deleted_sessions import DeletedSessions
from server.store.dialect import Dialect, MissingRow, StoreFailure
from server.store.group import Batch
from server.store.once import Answers
from server.store.quotas import HeldQuotas, SessionRoom
from server.store.rows import read_session, session_values
from server.store.session_events import note
from server.store.session_reads import SessionReads
from server.store.statement import powers_of_two
from server.store.transaction import Transaction
from server.store.writer import Writer


@dataclass(frozen=True, slots=True)
class _New:
    """A session to be made; see core.session_store.Sessions.create."""

    organization_id: bytes
    agent: bytes | str
    make: Callable[[Agent | None], Session]
    once: Once[SessionRow] | None


class PeeweeSessions(SessionReads):
    """The sessions of a database; see core.session_store.Sessions for what each method promises."""

    def __init__(
        self,
        dialect: Dialect,
        writer: Writer,
        agents: PeeweeAgents,
        answers: Answers,
        clock: Clock,
        quotas: HeldQuotas,
        audit: PeeweeAudit,
    ) -> None:
        super().__init__(dialect, clock)
        self._writer = writer
        self._agents = agents
        self._answers = answers
        self._audit = audit
        self._quotas = quotas
        self.deleted = DeletedSessions(dialect)

    def create(
        self,
        organization_id: bytes,
        agent: bytes | str,
        make: Callable[[Agent | None], Session],
        once: Once[SessionRow] | None,
        deadline: float,
    ) -> Later[SessionRow | Replay]:
        create: Batch[_New, SessionRow | Replay] = self._create
        return self._writer.add(create, _New(organization_id, agent, make, once), deadline)

    def update(
        self,
        organization_id: bytes,
        id: bytes,
        change: Callable[[SessionRow], Session],
        deadline: float,
        key_id: bytes = NO_KEY,
        actor: Actor | None = None,
    ) -> SessionRow | None:
        key = self._dialect.key

        def write(transaction: Transaction) -> SessionRow | None:
            before = self.lock(transaction, organization_id, id, key_id)
            if before is None:
                return None
            changed = change(before)
            values = session_values(changed, key)
            transaction.execute(self.statements.update, (*values[2:], *values[:2]))
            _count_move(transaction, before.session, changed)
            note(transaction, before.session, changed)
            self._audit.note(transaction, actor, before.session, changed)
            return self.as_of_now(replace(before, session=changed))

        return self._writer.run(write, deadline)

    def delete(self, organization_id: bytes, id: bytes, deadline: float, actor: Actor | None = None) -> bool:
        def write(transaction: Transaction) -> bool:
            row = self.lock(transaction, organization_id, id)
            if row is None:
                return False
            self._hide(transaction, row.session, self._clock())
            self._audit.note(transaction, actor, row.session, None)
            return True

        return self._writer.run(write, deadline)

    def undelete(
        self,
        organization_id: bytes,
        id: bytes,
        retention: int,
        deadline: float,
        key_id: bytes = NO_KEY,
        actor: Actor | None = None,
    ) -> SessionRow | None:
        def write(transaction: Transaction) -> SessionRow | None:
            now = self._clock()
            there = self.lock_written(transaction, organization_id, id)
            if there is not None:
                if there.session.is_there(now):
                    raise session_not_deleted(format_id("session", id))
                self._hide_expired(transaction, there.session)
            kept = self.deleted.lock(transaction, organization_id, id, now - retention)
            if kept is None:
                return None
            session = replace(kept.session, updated_at=after(kept.session.updated_at, now))
            if not session.is_there(now):
                session = replace(session, expires_at=None)
            room = self._quotas.room_for_sessions(transaction)
            if room is not None:
                room.take(organization_id)
            self.insert(transaction, [session])
            self.deleted.give_back(transaction, organization_id, id)
            self._audit.note(transaction, actor, None, session)
            return self.lock(transaction, organization_id, id, key_id)

        return self._writer.run(write, deadline)

    def hide_expired(self, most: int) -> int:
        found = self._dialect.execute(self.statements.expired, (self._clock(), most)).fetchall()

        def write(transaction: Transaction) -> int:
            hidden = 0
            for organization_id, id in cast("list[tuple[bytes, bytes]]", found):
                # It may have been changed since, or be gone.
                row = self.lock_written(transaction, organization_id, id)
                if row is not None and not row.session.is_there(self._clock()):
                    self._hide_expired(transaction, row.session)
                    hidden += 1
            return hidden

        return self._writer.run(write, math.inf) if found else 0

    def purge(self, retention: int, most: int) -> int:
        before = self._clock() - retention
        found = self.deleted.deleted_before(before, most)

        def write(transaction: Transaction) -> int:
            return self.deleted.purge(transaction, found, before)

        return self._writer.run(write, math.inf) if found else 0

    def pin(self, organization_id: bytes, id: bytes, key_id: bytes, deadline: float) -> bool:
        key = self._dialect.key

        def write(transaction: Transaction) -> bool:
            row = self.lock(transaction, organization_id, id, key_id)
            if row is None:
                return False
            if not row.is_pinned:
                values = (key(organization_id), key(key_id), key(id))
                transaction.execute(self.statements.pin, values)
            return True

        try:
            return self._writer.run(write, deadline)
        except MissingRow:
            # The session is locked, so it is the key.
            raise ServiceError(Reason.API_KEY_INVALID, "the API key is not valid any more") from None

    def unpin(self, organization_id: bytes, id: bytes, key_id: bytes, deadline: float) -> bool:
        key = self._dialect.key

        def write(transaction: Transaction) -> bool:
            row = self.lock(transaction, organization_id, id, key_id)
            if row is None:
                return False
            if row.is_pinned:
                values = (key(organization_id), key(key_id), key(id))
                transaction.execute(self.statements.unpin, values)
            return True

        return self._writer.run(write, deadline)

    def lock(
        self, transaction: Transaction, organization_id: bytes, id: bytes, key_id: bytes = NO_KEY
    ) -> SessionRow | None:
        """The session, with the status that is written down; until the transaction ends nobody else changes
        it."""
        row = self.lock_written(transaction, organization_id, id, key_id)
        return row if row is not None and row.session.is_there(self._clock()) else None

    def lock_written(
        self, transaction: Transaction, organization_id: bytes, id: bytes, key_id: bytes = NO_KEY
    ) -> SessionRow | None:
        """As `lock`, also where the session has expired and that is not written down."""
        key = self._dialect.key
        values = (key(key_id), key(organization_id), key(id))
        row = transaction.execute(self.statements.lock, values).fetchone()
        return read_session(row) if row else None

    def move(self, transaction: Transaction, before: Session, after: Session) -> None:
        """Writes down the status of a session that is locked, and until when its turn's lease lasts."""
        key = self._dialect.key
        values = (after.status.value, after.updated_at, after.turn_expires_at)
        transaction.execute(self.statements.move, (*values, key(before.organization_id), key(before.id)))
        _count_move(transaction, before, after)

    def add_counts(self, transaction: Transaction) -> None:
        """Writes down by how much the counts of a transaction changed; to be run before its commit."""
        key, shard = self._dialect.key, self._dialect.shard
        for part in powers_of_two(transaction.changed_counts()):
            values = [
                value
                for (organization_id, scope_id, status), change in part
                for value in (key(organization_id), key(scope_id), status.value, shard, change)
            ]
            transaction.execute(self.statements.count[len(part)], values)

    def _hide_expired(self, transaction: Transaction, session: Session) -> None:
        """Takes away a session that has expired."""
        if session.expires_at is not None:
            self._hide(transaction, session, session.expires_at)

    def _hide(self, transaction: Transaction, session: Session, deleted_at: int) -> None:
        """Takes away a session that is locked, as it was at a time; its turn that runs ends then."""
        kept = session
        if session.turn_expires_at is not None:
            ended_at = min(deleted_at, session.turn_expires_at)
            kept = idle_since(session, ended_at)
            outcome = TurnOutcome.CANCELLED if ended_at == deleted_at else TurnOutcome.EXPIRED
            here = (self._dialect.key(session.organization_id), self._dialect.key(session.id))
            transaction.execute(self.statements.end_turn, (outcome.value, ended_at, *here))
        self.deleted.keep(transaction, kept, deleted_at)
        key = self._dialect.key
        transaction.execute(self.statements.delete, (key(session.organization_id), key(session.id)))
        transaction.count(session.organization_id, session.agent_id, session.status, -1)
        note(transaction, session, None)

    def _create(
        self, transaction: Transaction, wanted: Sequence[_New]
    ) -> Sequence[SessionRow | Replay | ServiceError]:
        agents: dict[tuple[bytes, bytes | str], Agent | None] = {}
        room = self._quotas.room_for_sessions(transaction)
        outcomes = [self._outcome(transaction, new, agents, room) for new in wanted]
        made = [(new, o) for new, o in zip(wanted, outcomes, strict=True) if isinstance(o, SessionRow)]
        self.insert(transaction, [row.session for _, row in made])
        for new, row in made:
            if new.once:
                self._answers.keep(transaction, new.organization_id, new.once, row)
        return outcomes

    def _outcome(
        self,
        transaction: Transaction,
        new: _New,
        agents: dict[tuple[bytes, bytes | str], Agent | None],
        room: SessionRoom | None,
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
            if room is not None:
                room.take(new.organization_id)
        except StoreFailure:
            raise
        except ServiceError as error:
            return error
        return row_of(session, agent)

    def insert(self, transaction: Transaction, sessions: Sequence[Session]) -> None:
        """Keeps new sessions."""
        key = self._dialect.key
        for part in powers_of_two(sessions):
            values = tuple(chain.from_iterable(session_values(session, key) for session in part))
            transaction.execute(self.statements.insert[len(part)], values)
        for session in sessions:
            transaction.count(session.organization_id, session.agent_id, session.status, 1)
            note(transaction, None, session)


def row_of(session: Session, agent: Agent | None) -> SessionRow:
    """A new session of an agent. Raises ValueError where it is not of the one that it was made with."""
    if agent is None or session.agent_id != agent.id:
        raise ValueError("a new session is of the agent that it was made with")
    return SessionRow(session, agent.capabilities)


def _count_move(transaction: Transaction, before: Session, after: Session) -> None:
    if after.status is not before.status:
        transaction.count(before.organization_id, before.agent_id, before.status, -1)
        transaction.count(after.organization_id, after.agent_id, after.status, 1)
