"""Many sessions at once, on peewee."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from server.core.agent import Agent
from server.core.bulk_store import Put
from server.core.clock import Clock
from server.core.errors import (
    ServiceError,
    agent_not_found,
    agent_version_not_found,
    session_already_exists,
)
from server.core.ids import format_id
from server.core.once import Once, Replay
from server.core.session import Session
from server.core.session_store import NO_KEY, SessionRow
from server.core.transfer import as_exported
from server.store.agents import PeeweeAgents
from server.store.dialect import Dialect, StoreFailure
from server.store.once import Answers
from server.store.quotas import HeldQuotas, SessionRoom
from server.store.rows import read_session
from server.store.sessions import PeeweeSessions, row_of
from server.store.statement import powers_of_two
from server.store.transaction import Transaction
from server.store.writer import Writer


class PeeweeBulkSessions:
    """Reads and writes many sessions of a database; see core.bulk_store for what each method promises."""

    def __init__(
        self,
        dialect: Dialect,
        writer: Writer,
        agents: PeeweeAgents,
        sessions: PeeweeSessions,
        answers: Answers,
        clock: Clock,
        quotas: HeldQuotas,
    ) -> None:
        self._dialect = dialect
        self._writer = writer
        self._agents = agents
        self._sessions = sessions
        self._answers = answers
        self._clock = clock
        self._quotas = quotas
        self._statements = sessions.statements
        self._deleted = sessions.deleted

    def get_all(
        self, organization_id: bytes, ids: Sequence[bytes], key_id: bytes = NO_KEY
    ) -> Mapping[bytes, SessionRow]:
        found = (
            self._sessions.as_of_now(row)
            for row in self._read_all(self._dialect, organization_id, ids, key_id)
        )
        return {row.session.id: row for row in found if row is not None}

    def create_all(
        self,
        organization_id: bytes,
        agents: Sequence[bytes | str],
        make: Callable[[Sequence[Agent | None]], Sequence[Session]],
        once: Once[Sequence[SessionRow]] | None,
        deadline: float,
    ) -> Sequence[SessionRow] | Replay:
        def write(transaction: Transaction) -> Sequence[SessionRow] | Replay:
            answered = self._answers.find(transaction, organization_id, once) if once else None
            if answered:
                return answered
            named = {agent: self._agents.read(transaction, organization_id, agent) for agent in agents}
            found = [named[agent] for agent in agents]
            sessions = make(found)
            rows = [row_of(session, agent) for session, agent in zip(sessions, found, strict=True)]
            room = self._quotas.room_for_sessions(transaction)
            if room is not None:
                for _ in sessions:
                    room.take(organization_id)
            self._sessions.insert(transaction, sessions)
            if once:
                self._answers.keep(transaction, organization_id, once, rows)
            return rows

        return self._writer.run(write, deadline)

    def export(self, organization_id: bytes, after: bytes, size: int) -> Sequence[Session]:
        key = self._dialect.key
        values = (key(NO_KEY), key(organization_id), key(after), self._clock(), size)
        rows = self._dialect.execute(self._statements.export, values).fetchall()
        return [read_session(row).session for row in rows]

    def put_all(
        self, organization_id: bytes, sessions: Sequence[Session], deadline: float
    ) -> Sequence[Put | ServiceError]:
        def write(transaction: Transaction) -> Sequence[Put | ServiceError]:
            agent_ids = {session.agent_id for session in sessions}
            agents = {id: self._agents.read(transaction, organization_id, id) for id in agent_ids}
            ids = [session.id for session in sessions]
            rows = self._read_all(transaction, organization_id, ids, NO_KEY)
            there = {row.session.id: row.session for row in rows}
            now = self._clock()
            deleted = self._deleted.among(transaction, organization_id, ids)
            # What has expired is as what was deleted, also before that is written down.
            deleted.update(id for id, session in there.items() if not session.is_there(now))
            outcomes: list[Put | ServiceError] = []
            made = []
            room = self._quotas.room_for_sessions(transaction)
            for session in sessions:
                agent = agents[session.agent_id]
                outcome = _putting(session, there.get(session.id), session.id in deleted, agent)
                if outcome is Put.CREATED and room is not None:
                    outcome = _taking(room, organization_id)
                if outcome is Put.CREATED:
                    made.append(session)
                    there[session.id] = session
                outcomes.append(outcome)
            self._sessions.insert(transaction, made)
            return outcomes

        return self._writer.run(write, deadline)

    def _read_all(
        self, source: Dialect | Transaction, organization_id: bytes, ids: Sequence[bytes], key_id: bytes
    ) -> Iterator[SessionRow]:
        key = self._dialect.key
        for part in powers_of_two(ids):
            values = (key(key_id), key(organization_id), *map(key, part))
            yield from map(
                read_session, source.execute(self._statements.get_all[len(part)], values).fetchall()
            )


def _taking(room: SessionRoom, organization_id: bytes) -> Put | ServiceError:
    """What is to come of a session that may be kept if there is room for it."""
    try:
        room.take(organization_id)
    except StoreFailure:
        raise
    except ServiceError as error:
        return error
    return Put.CREATED


def _putting(
    session: Session, there: Session | None, deleted: bool, agent: Agent | None
) -> Put | ServiceError:
    """What is to come of a session that is to be kept as it is."""
    if deleted:
        return session_already_exists(format_id("session", session.id), "was deleted; undelete it")
    if there is not None:
        if as_exported(there) == session:
            return Put.UNCHANGED
        return session_already_exists(format_id("session", session.id), "is there already, and not the same")
    if agent is None:
        return agent_not_found(format_id("agent", session.agent_id))
    # Versions are numbered without gaps, and never go.
    newest = max(session.created_version, session.pinned_version or 1)
    if newest > agent.version:
        return agent_version_not_found(format_id("agent", agent.id), newest)
    return Put.CREATED
