"""Sessions that were deleted or have expired, with their turns and pins, kept apart until they are purged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias, cast

from peewee import JOIN, Expression, ModelDelete, Query

from server.core.session import Session
from server.core.session_store import PURGED_TURNS, SessionRow
from server.store import models
from server.store.dialect import Dialect
from server.store.rows import SESSION_COLUMNS, read_session, session_values
from server.store.statement import SIZES, Bound, Statement, compile_query, parameter, powers_of_two, values_of
from server.store.transaction import Transaction

_Part: TypeAlias = models.SessionPin | models.Turn
"""What hangs on a session, there or deleted."""


class DeletedSessions:
    """Moves what belongs to a session between the tables of what is there and of what was deleted."""

    def __init__(self, dialect: Dialect) -> None:
        self._key = dialect.key
        self._dialect = dialect
        self._statements = _Statements(dialect)

    def keep(self, transaction: Transaction, session: Session, deleted_at: int) -> None:
        """Keeps a session as it is now, and takes its turns and pins; it is left without them."""
        transaction.execute(self._statements.keep, (*session_values(session, self._key), deleted_at))
        here = self._here(session.organization_id, session.id)
        for statement in self._statements.keep_rest:
            transaction.execute(statement, here)

    def lock(
        self, transaction: Transaction, organization_id: bytes, id: bytes, deleted_after: int
    ) -> SessionRow | None:
        """The session that was deleted after a time, as it was; nobody else brings it back meanwhile."""
        values = (*self._here(organization_id, id), deleted_after)
        row = transaction.execute(self._statements.lock, values).fetchone()
        return read_session((*row, None)) if row else None

    def give_back(self, transaction: Transaction, organization_id: bytes, id: bytes) -> None:
        """Gives its turns and pins back to a session that is there again, and forgets that it was deleted."""
        here = self._here(organization_id, id)
        for statement in self._statements.give_back:
            transaction.execute(statement, here)

    def among(self, transaction: Transaction, organization_id: bytes, ids: Sequence[bytes]) -> set[bytes]:
        """Those of these ids that deleted sessions have."""
        found: set[bytes] = set()
        for part in powers_of_two(ids):
            values = (self._key(organization_id), *map(self._key, part))
            rows = transaction.execute(self._statements.among[len(part)], values).fetchall()
            found.update(cast(bytes, row[0]) for row in rows)
        return found

    def deleted_before(self, time: int, most: int) -> list[tuple[bytes, bytes]]:
        """The organizations and ids of at most so many that were deleted at a time or before."""
        rows = self._dialect.execute(self._statements.old, (time, most)).fetchall()
        return cast("list[tuple[bytes, bytes]]", rows)

    def purge(self, transaction: Transaction, sessions: Sequence[tuple[bytes, bytes]], before: int) -> int:
        """Removes these sessions, unless they were brought back, in order until PURGED_TURNS turns are
        removed, too; how many it worked on."""
        turns, worked_on = PURGED_TURNS, 0
        for organization_id, id in sessions:
            here = self._here(organization_id, id)
            values = (*here, before, *here, *here, turns)
            turns -= transaction.execute(self._statements.purge_turns, values).rowcount
            worked_on += 1
            if turns <= 0:
                break
            transaction.execute(self._statements.purge, (*here, before))
        return worked_on

    def _here(self, organization_id: bytes, id: bytes) -> tuple[Bound, Bound]:
        return self._key(organization_id), self._key(id)


class _Statements:
    """Everything that deleted sessions ask of the database, compiled when the store opens."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        table, agent, organization = models.DeletedSession, models.Agent, models.Organization
        here = table.organization_id == parameter("organization_id")
        one = here & (table.id == parameter("id"))
        old = table.deleted_at <= parameter("before")

        def compiled(query: Query) -> Statement:
            return compile_query(dialect.database, query)

        self.keep = compiled(table.insert(values_of(table._meta.sorted_fields)))
        moved = ((models.SessionPin, models.DeletedSessionPin), (models.Turn, models.DeletedTurn))
        self.keep_rest = [compiled(query) for pair in moved for query in _moves(*pair)]
        back = [compiled(query) for there, kept in moved for query in _moves(kept, there)]
        self.give_back = [*back, compiled(ModelDelete(table).where(one))]
        columns = [getattr(table, column.name) for column in SESSION_COLUMNS]
        its_agent = (agent.organization_id == table.organization_id) & (agent.id == table.agent_id)
        rows = table.select(*columns, agent.select(agent.capabilities).where(its_agent))
        kept = rows.where(one & (table.deleted_at > parameter("after")))
        self.lock = compiled(kept.for_update() if dialect.lock_row else kept)
        ids = table.select(table.id)
        self.among = {
            size: compiled(ids.where(here & table.id.in_([parameter("id") for _ in range(size)])))
            for size in SIZES
        }
        # Through the organizations, so that each is a range of the index; CROSS is the order of the two.
        its_sessions = (table.organization_id == organization.id) & old
        every = organization.select(table.organization_id, table.id).join(table, JOIN.CROSS)
        self.old = compiled(every.where(its_sessions).limit(parameter("most")))
        turn = models.DeletedTurn
        its_turns = _of_session(turn)
        some = turn.select(turn.id).where(its_turns).limit(parameter("most"))
        is_old = table.select(table.id).where(one & old)
        few = turn.session_id.in_(is_old) & its_turns & turn.id.in_(some)
        self.purge_turns = compiled(ModelDelete(turn).where(few))
        self.purge = compiled(ModelDelete(table).where(one & old))


def _of_session(table: type[_Part]) -> Expression:
    its_session: Expression = table.session_id == parameter("session_id")
    return (table.organization_id == parameter("organization_id")) & its_session


def _moves(source: type[_Part], target: type[_Part]) -> tuple[Query, Query]:
    """What moves the rows of a session from one table to another."""
    of, fields = _of_session(source), target._meta.sorted_fields
    columns = [getattr(source, field.name) for field in fields]
    return target.insert_from(source.select(*columns).where(of), fields), ModelDelete(source).where(of)
