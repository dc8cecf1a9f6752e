"""The audit log on peewee."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import cast

import orjson
from peewee import SQL, ModelDelete, Query, fn

from server.core.audit import (
    Actor,
    Audited,
    AuditedKind,
    AuditEvent,
    AuditFilter,
    Change,
    Outcome,
    changes,
    identity,
)
from server.core.clock import SystemClock
from server.core.ids import first_id, new_id
from server.core.json import JsonValue
from server.core.page import Page, PageRequest
from server.store import models
from server.store.dialect import Dialect
from server.store.statement import Bound, Row, Statement, compile_query, parameter, values_of
from server.store.transaction import Transaction
from server.store.writer import Writer

_FIRST = bytes(16)
_BEYOND = b"\xff" * 16


class PeeweeAudit:
    """The audit log of a database; see core.event_store.Audit for what each method promises."""

    def __init__(self, dialect: Dialect, writer: Writer) -> None:
        self._dialect = dialect
        self._writer = writer
        self._clock = SystemClock()
        self._statements = _Statements(dialect)

    def note(
        self, transaction: Transaction, actor: Actor | None, before: Audited | None, after: Audited | None
    ) -> None:
        """Adds to a transaction the event of a change that it makes, if there is one and it has an actor."""
        subject = after or before
        if actor is None or subject is None or not (changed := changes(before, after)):
            return
        now = self._clock()
        event = AuditEvent(
            subject.organization_id,
            new_id(now),
            now,
            actor,
            Outcome.DONE,
            resource=identity(subject),
            changes=changed,
        )
        transaction.execute(self._statements.insert, self._values(event))

    def add(self, events: Sequence[AuditEvent], deadline: float) -> None:
        def write(transaction: Transaction) -> None:
            for event in events:
                transaction.execute(self._statements.insert, self._values(event))

        self._writer.run(write, deadline)

    def list(self, organization_id: bytes, filter: AuditFilter, page: PageRequest) -> Page[AuditEvent]:
        key = self._dialect.key
        first = _FIRST if filter.created_after is None else first_id(filter.created_after)
        before = _BEYOND if filter.created_before is None else first_id(filter.created_before)
        last_before = before if page.after is None else min(before, page.after[1])
        wanted: list[Bound] = [] if filter.key_id is None else [key(filter.key_id)]
        if filter.resource is not None:
            wanted += [filter.resource[0], key(filter.resource[1])]
        shape = (filter.key_id is not None, filter.resource is not None)
        values = (key(organization_id), *wanted, key(first))
        limits = (key(last_before), page.size + 1, page.skip)
        rows = self._dialect.execute(self._statements.page[shape], (*values, *limits)).fetchall()
        total = self._dialect.execute(self._statements.total[shape], (*values, key(before))).fetchone()
        items = tuple(map(_read, rows[: page.size]))
        last = items[-1] if items and len(rows) > page.size else None
        return Page(
            items=items,
            total=cast(int, total[0]) if total else 0,
            next=None if last is None else (last.created_at, last.id),
        )

    def prune(self, organization_id: bytes, before: int, most: int) -> int:
        key = self._dialect.key
        values = (key(organization_id), key(first_id(before)), most)
        found = self._dialect.execute(self._statements.oldest, values).fetchall()
        if not found:
            return 0

        def write(transaction: Transaction) -> None:
            last = cast(bytes, found[-1][0])
            transaction.execute(self._statements.delete, (key(organization_id), key(last)))

        # Nobody waits for it: what is left has its turn at the next time.
        self._writer.run(write, float("inf"))
        return len(found)

    def _values(self, event: AuditEvent) -> tuple[Bound, ...]:
        """The values of the columns of models.AuditEvent, in the order of its fields."""
        key, actor = self._dialect.key, event.actor
        kind, id = event.resource or (None, None)
        kept = [[change.field, change.before, change.after] for change in event.changes]
        return (
            key(event.organization_id),
            key(event.id),
            event.created_at,
            actor.method,
            None if actor.key_id is None else key(actor.key_id),
            actor.key_name,
            actor.request_id,
            actor.peer,
            actor.forwarded_for,
            event.outcome.value,
            event.reason,
            event.attempts,
            kind,
            None if id is None else key(id),
            orjson.dumps(kept).decode(),
        )


def _read(row: Row) -> AuditEvent:
    """An event of all columns of models.AuditEvent, in the order of its fields."""
    organization_id, id, created_at, method, key_id, key_name, request_id, peer, forwarded_for, *rest = row
    outcome, reason, attempts, kind, resource_id, kept = rest
    listed = cast("list[tuple[str, JsonValue, JsonValue]]", orjson.loads(cast(str, kept)))
    return AuditEvent(
        organization_id=cast(bytes, organization_id),
        id=cast(bytes, id),
        created_at=cast(int, created_at),
        actor=Actor(
            cast(str, method),
            cast("bytes | None", key_id),
            cast("str | None", key_name),
            cast("str | None", request_id),
            cast("str | None", peer),
            cast("str | None", forwarded_for),
        ),
        outcome=Outcome(cast(str, outcome)),
        reason=cast("str | None", reason),
        attempts=cast(int, attempts),
        resource=None if kind is None else (cast(AuditedKind, kind), cast(bytes, resource_id)),
        changes=tuple(Change(*change) for change in listed),
    )


class _Statements:
    """Everything that the audit log asks of the database, compiled when the store opens."""

    def __init__(self, dialect: Dialect) -> None:
        table = models.AuditEvent

        def compiled(query: Query) -> Statement:
            return compile_query(dialect.database, query)

        here = table.organization_id == parameter("organization_id")
        self.insert = compiled(table.insert(values_of(table._meta.sorted_fields)))
        oldest = table.select(table.id).where(here & (table.id < parameter("before"))).order_by(table.id)
        self.oldest = compiled(oldest.limit(parameter("most")))
        self.delete = compiled(ModelDelete(table).where(here & (table.id <= parameter("last"))))
        self.page: dict[tuple[bool, bool], Statement] = {}
        self.total: dict[tuple[bool, bool], Statement] = {}
        for shape in itertools.product((False, True), (False, True)):
            by_key, by_resource = shape
            condition = here
            if by_key:
                condition &= table.key_id == parameter("key_id")
            if by_resource:
                condition &= table.resource_kind == parameter("resource_kind")
                condition &= table.resource_id == parameter("resource_id")
            condition &= (table.id >= parameter("first")) & (table.id < parameter("before"))
            page = table.select().where(condition).order_by(table.id.desc())
            self.page[shape] = compiled(page.limit(parameter("size")).offset(parameter("skip")))
            self.total[shape] = compiled(table.select(fn.COUNT(SQL("*"))).where(condition))
