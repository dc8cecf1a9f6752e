"""Everything that sessions ask of the database, compiled once."""

from __future__ import annotations

import itertools
from typing import NamedTuple

from peewee import EXCLUDED, JOIN, SQL, Case, Expression, ModelDelete, Node, Query, Select, fn

from server.core.session import SessionFilter
from server.store import models
from server.store.dialect import Dialect
from server.store.rows import SESSION_COLUMNS
from server.store.statement import SIZES, Statement, compile_query, insert_rows, parameter, values_of


class Shape(NamedTuple):
    """Which conditions a filter has, besides the range of ids that all have."""

    agent: bool
    status: bool
    tags: bool
    search: bool
    pinned: bool


SHAPES = tuple(Shape(*flags) for flags in itertools.product((False, True), repeat=len(Shape._fields)))
"""Every shape. They are so few, since where a page begins and when its sessions were created are both
bounds of one range, that all are compiled when the store opens and none needs a lock."""


def shape_of(filter: SessionFilter) -> Shape:
    """The shape of a filter."""
    by_agent, by_status = filter.agent_id is not None, filter.status is not None
    return Shape(by_agent, by_status, bool(filter.tags), bool(filter.search), filter.pinned)


class SessionStatements:
    """The statements, for one database."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        table = models.Session
        one = self._here() & (table.id == parameter("id"))
        self.get = self._compile(self._rows().where(one))
        self.lock = self.get
        if dialect.lock_row:
            self.lock = self._compile(self._rows().where(one).for_update())
        self.insert = {size: self._compile(insert_rows(table, size)) for size in SIZES}
        changed = values_of(table._meta.sorted_fields[2:])
        self.update = self._compile(table.update(changed).where(one))
        moved = values_of([table.status, table.updated_at, table.turn_expires_at])
        self.move = self._compile(table.update(moved).where(one))
        self.delete = self._compile(ModelDelete(table).where(one))
        turn = models.Turn
        its_turns = (turn.organization_id == parameter("organization_id")) & (
            turn.session_id == parameter("session_id")
        )
        self.delete_turns = self._compile(ModelDelete(turn).where(its_turns))
        self.page = {shape: self._compile(self._page(shape)) for shape in SHAPES}
        self.total = {shape: self._compile(self._total(shape)) for shape in SHAPES}
        self._compile_counts()
        self._compile_pins()

    def _compile_counts(self) -> None:
        counts = models.SessionCount
        added = {counts.sessions: counts.sessions + EXCLUDED.sessions}
        key = counts._meta.sorted_fields[:4]
        self.count = {
            size: self._compile(insert_rows(counts, size).on_conflict(conflict_target=key, update=added))
            for size in SIZES
        }
        scope = (counts.organization_id == parameter("organization_id")) & (
            counts.scope_id == parameter("scope_id")
        )
        by_status = counts.select(counts.status, fn.SUM(counts.sessions)).group_by(counts.status)
        self.counted = self._compile(by_status.where(scope))

    def _compile_pins(self) -> None:
        pin = models.SessionPin
        mine = (pin.organization_id == parameter("organization_id")) & (pin.api_key_id == parameter("key_id"))
        self.pin = self._compile(insert_rows(pin, 1).on_conflict_ignore())
        self.unpin = self._compile(ModelDelete(pin).where(mine & (pin.session_id == parameter("id"))))

    def _compile(self, query: Query) -> Statement:
        return compile_query(self._dialect.database, query)

    def _here(self) -> Expression:
        return models.Session.organization_id == parameter("organization_id")

    def _rows(self, pinned: bool = False) -> Select:
        table, pin = models.Session, models.SessionPin
        # Not joined: a database that knows little of its tables has then nothing to get wrong.
        columns = (*SESSION_COLUMNS, _agent_capabilities())
        if pinned:
            return self._pinned(*columns, pin.session_id)
        return table.select(*columns, pin.select(pin.session_id).where(_its_pin()))

    def _pinned(self, *columns: Node) -> Select:
        # In this order: a key has few pins, and SQLite would rather look for them at all sessions.
        return models.SessionPin.select(*columns).join(models.Session, JOIN.CROSS).where(_its_pin())

    def _page(self, shape: Shape) -> Select:
        page = self._rows(shape.pinned).where(self._condition(shape))
        newest = models.SessionPin.session_id if shape.pinned else models.Session.id
        return page.order_by(newest.desc()).limit(parameter("size")).offset(parameter("skip"))

    def _total(self, shape: Shape) -> Select:
        count = fn.COUNT(SQL("*"))
        rows = self._pinned(count) if shape.pinned else models.Session.select(count)
        return rows.where(self._condition(shape))

    def _condition(self, shape: Shape) -> Expression:
        table = models.Session
        condition = self._here() & (table.id >= parameter("first")) & (table.id < parameter("before"))
        if shape.agent:
            condition &= table.agent_id == parameter("agent_id")
        if shape.status:
            condition &= table.status == parameter("status")
        if shape.tags:
            condition &= self._dialect.has_all(table.tags, parameter("tags"))
        if shape.search:
            condition &= self._dialect.contains(table.search_text, parameter("search"))
        return condition


def _agent_capabilities() -> Case:
    """Those of the version that the session runs with; for the latest, the version is not looked for."""
    table, agent, version = models.Session, models.Agent, models.AgentVersion
    its_agent = (agent.organization_id == table.organization_id) & (agent.id == table.agent_id)
    its_version = (
        (version.organization_id == table.organization_id)
        & (version.agent_id == table.agent_id)
        & (version.number == table.pinned_version)
    )
    latest = agent.select(agent.capabilities).where(its_agent)
    pinned = version.select(version.capabilities).where(its_version)
    return Case(None, [(table.pinned_version.is_null(), latest)], pinned)


def _its_pin() -> Expression:
    table, pin = models.Session, models.SessionPin
    return (
        (pin.organization_id == table.organization_id)
        & (pin.api_key_id == parameter("key_id"))
        & (pin.session_id == table.id)
    )
