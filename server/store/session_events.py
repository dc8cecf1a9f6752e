"""The outbox: every change of a session, written in the transaction that makes it.

A transaction notes what it changes with `note`, and at its end has one row for each organization. Such a row
takes the numbers that follow the organization's newest row, while nobody else can: SQLite has one writer, and
on PostgreSQL the organization's own row is locked from there to the commit. So numbers are in the order of
commits and leave none out, also where many processes write, and whoever has read up to one misses nothing.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from itertools import groupby
from typing import Any, cast

from peewee import SQL, ModelDelete, SqliteDatabase, fn

from server.core.clock import Clock
from server.core.session import Session
from server.core.session_event import (
    START,
    Before,
    ChangeKind,
    Position,
    SessionChange,
    SessionEvent,
)
from server.core.turn import Turn
from server.store import models
from server.store.dialect import Dialect
from server.store.event_rows import changes_text, read_changes
from server.store.session_signals import SessionSignals, Tell
from server.store.statement import SIZES, Bound, Row, compile_query, parameter, powers_of_two
from server.store.transaction import Transaction
from server.store.writer import Writer

CHANNEL = "everruns_session_events"
"""Where PostgreSQL tells of organizations that have new events."""

_LOCK: Any = "FOR NO KEY UPDATE"
"""Keeps out others that write events, and nobody who refers to the organization. Peewee takes a text, too,
though its types say otherwise."""

_COMPARED = {
    "title": ("title",),
    "tags": ("tags",),
    "model_id": ("model_id",),
    "capabilities": ("capabilities",),
    "status": ("status",),
    "updated_at": ("updated_at",),
    "pinned_version": ("agent_binding", "pinned_agent_version"),
    "expires_at": ("expires_at",),
}
"""What may change of a session, and the fields that tell it."""


def note(
    transaction: Transaction,
    before: Session | None,
    after: Session | None,
    turn: Turn | None = None,
    paths: Sequence[str] = (),
) -> None:
    """Notes what a transaction does to a session, to be called once for each change of one.

    Without `before` the session was made, or made to be seen again; without `after` it is gone, or hidden;
    else it was changed: in the fields that differ, and in `paths` besides, such as those of its `turn`. Where
    nothing is other than before there is no event. It is undone with the savepoint that it is within.
    """
    if before is None:
        if after is not None:
            transaction.changes.append(SessionChange(ChangeKind.CREATED, after))
        return
    if after is None:
        transaction.changes.append(SessionChange(ChangeKind.DELETED, before))
        return
    changed = [
        path
        for name, paths_of_it in _COMPARED.items()
        if getattr(before, name) != getattr(after, name)
        for path in paths_of_it
    ]
    if changed or paths:
        was = Before(before.status, before.tags) if {"status", "tags"} & {*changed} else None
        change = SessionChange(ChangeKind.CHANGED, after, (*changed, *paths), turn, was)
        transaction.changes.append(change)


class PeeweeSessionEvents:
    """The events of a database; see core.event_store.SessionEvents for what each method promises."""

    def __init__(self, dialect: Dialect, writer: Writer, clock: Clock, notify: bool) -> None:
        """`notify` has PostgreSQL tell of new events; without it, and on SQLite, they are looked for."""
        self._dialect = dialect
        self._writer = writer
        self._clock = clock
        self._tells: list[Tell] = []
        table, organization = models.SessionEvent, models.Organization
        on_sqlite = isinstance(dialect.database, SqliteDatabase)
        self._signals = SessionSignals(dialect, notify and not on_sqlite)
        self._lock = None
        if not on_sqlite:
            id = organization.id
            told = fn.pg_notify(SQL(f"'{CHANNEL}'"), id.cast("text")) if notify else id
            row = organization.select(told).where(id == parameter("organization_id"))
            self._lock = compile_query(dialect.database, row.for_update(_LOCK))
        here = table.organization_id == parameter("organization_id")
        newest = table.alias("newest")
        last = newest.select(fn.MAX(newest.last)).where(
            newest.organization_id == parameter("organization_id")
        )
        new = [
            parameter("organization_id"),
            fn.COALESCE(last, SQL("0")) + parameter("size"),
            parameter("at"),
            parameter("changes"),
        ]
        self._append = {
            size: compile_query(dialect.database, table.insert_many([new] * size, table._meta.sorted_fields))
            for size in SIZES
        }
        newest_first = table.select(table.last, table.at).where(here).order_by(table.last.desc())
        self._newest = compile_query(dialect.database, newest_first.limit(SQL("1")))
        rows = table.select(table.last, table.at, table.changes).where(
            here & (table.last > parameter("after"))
        )
        self._after = compile_query(dialect.database, rows.order_by(table.last).limit(parameter("rows")))
        oldest = table.select(table.last, table.at).where(here).order_by(table.last)
        self._oldest = compile_query(dialect.database, oldest.limit(parameter("rows")))
        self._forget = compile_query(
            dialect.database, ModelDelete(table).where(here & (table.last <= parameter("last")))
        )
        self._organizations = compile_query(
            dialect.database,
            organization.select(organization.id)
            .where(organization.id > parameter("after"))
            .order_by(organization.id)
            .limit(parameter("most")),
        )

    def newest(self, organization_id: bytes) -> Position:
        row = self._dialect.execute(self._newest, (self._dialect.key(organization_id),)).fetchone()
        return START if row is None else _position(row)

    def holds(self, organization_id: bytes, position: Position) -> bool:
        # The row of an event is that of the first number from its own on.
        rows = self._rows(organization_id, max(position.number - 1, 0), 1)
        if position == START:
            return not rows or rows[0][0] == len(read_changes(organization_id, cast(str, rows[0][2])))
        return bool(rows) and rows[0][1] == position.at

    def after(self, organization_id: bytes, number: int, rows: int) -> list[SessionEvent]:
        events: list[SessionEvent] = []
        for last, at, changes in self._rows(organization_id, number, rows):
            read = read_changes(organization_id, cast(str, changes))
            first = cast(int, last) - len(read) + 1
            events += [
                SessionEvent(place, cast(int, at), change)
                for place, change in enumerate(read, first)
                if place > number
            ]
        return events

    def listen(self, tell: Tell) -> None:
        self._tells.append(tell)
        self._signals.start(self._tell)

    def close(self) -> None:
        """Ends what `listen` began."""
        self._signals.close()

    def forget(self, after: bytes, most: int, older_than: int, keep: int, rows: int) -> tuple[bytes, int]:
        values = (self._dialect.key(after), most)
        found = self._dialect.execute(self._organizations, values).fetchall()
        organizations = [cast(bytes, id) for (id,) in found]
        forgotten = sum(self._forget_old(id, older_than, keep, rows) for id in organizations)
        return organizations[-1] if len(organizations) == most else bytes(16), forgotten

    def append(self, transaction: Transaction) -> None:
        """Writes down what a transaction changed; to be run before its commit, and last of all, since on
        PostgreSQL others of the organization wait from here to the commit."""
        changes = transaction.changes
        if not changes:
            return
        key, at = self._dialect.key, self._clock()
        # Sorting keeps the order within an organization, and has processes lock organizations in one order.
        in_order = sorted(changes, key=_organization)
        of_each = [(id, list(own)) for id, own in groupby(in_order, _organization)]
        if self._lock is not None:
            for id, _ in of_each:
                transaction.execute(self._lock, (key(id),))
        for part in powers_of_two(of_each):
            values: list[Bound] = []
            for id, own in part:
                values += (key(id), key(id), len(own), at, changes_text(own))
            transaction.execute(self._append[len(part)], values)
        if self._tells:
            transaction.when_committed(lambda: self._tell([id for id, _ in of_each]))

    def _tell(self, organizations: Collection[bytes] | None) -> None:
        for tell in self._tells:
            tell(organizations)

    def _rows(self, organization_id: bytes, number: int, rows: int) -> list[Row]:
        values = (self._dialect.key(organization_id), number, rows)
        return self._dialect.execute(self._after, values).fetchall()

    def _forget_old(self, organization_id: bytes, older_than: int, keep: int, rows: int) -> int:
        key = self._dialect.key(organization_id)
        newest = self.newest(organization_id).number
        last = 0
        forgotten = 0
        # The newest row stays, since the next one counts from it.
        for number, at in cast("list[tuple[int, int]]", self._oldest_rows(key, rows)):
            if number == newest or (at >= older_than and number > newest - keep):
                break
            last, forgotten = number, forgotten + 1
        if forgotten:
            self._writer.run(lambda transaction: transaction.execute(self._forget, (key, last)), math.inf)
        return forgotten

    def _oldest_rows(self, key: Bound, rows: int) -> list[Row]:
        return self._dialect.execute(self._oldest, (key, rows)).fetchall()


def _organization(change: SessionChange) -> bytes:
    return change.session.organization_id


def _position(row: Row) -> Position:
    last, at = row
    return Position(cast(int, last), cast(int, at))
