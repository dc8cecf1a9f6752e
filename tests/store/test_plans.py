"""Pages are read from the end of a range of an index, whatever they are filtered by, and never sorted."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from server.core.ids import new_id
from server.core.session import SessionStatus
from server.store import models
from server.store.dialect import Dialect
from server.store.session_statements import SHAPES, SessionStatements, Shape
from server.store.statement import Bound, Row, Statement
from server.store.table_rows import BATCH, TableRows
from tests.store.backends import BACKENDS, Backend
from tests.store.examples import a_key, new_agent, new_organization, new_session, now

SESSIONS = 4000
PAGED = [shape for shape in SHAPES if not (shape.tags or shape.search or shape.pinned)]
PINNED = [shape for shape in SHAPES if shape.pinned and not (shape.tags or shape.search)]


@dataclass(frozen=True)
class Plans:
    """How a database says that it runs a statement."""

    backend: Backend
    dialect: Dialect
    statements: SessionStatements
    values: dict[str, Bound]

    def of(self, statement: Statement) -> list[str]:
        """Each way that it may run it in."""
        values = tuple(self.values[name] for name in statement.parameters)
        if self.backend.name == "sqlite":
            return [self._text("EXPLAIN QUERY PLAN", statement, values)]
        # With the values known, and as it may be once it has been prepared.
        known = self._text("EXPLAIN", statement, values)
        return [known, self._text("EXPLAIN (GENERIC_PLAN)", statement, ())]

    def _text(self, explain: str, statement: Statement, values: tuple[Bound, ...]) -> str:
        rows = self.dialect.execute(Statement(f"{explain} {statement.sql}", ()), values).fetchall()
        return "\n".join(str(row[-1]) for row in rows)


@pytest.fixture(scope="module", params=BACKENDS)
def plans(request: pytest.FixtureRequest) -> Iterator[Plans]:
    """Plans of each kind of database, with some sessions of two agents and all statuses."""
    backend = BACKENDS[request.param](request)
    values = _fill(backend)
    dialect = backend.dialect()
    with dialect.database.bind_ctx(models.TABLES):
        statements = SessionStatements(dialect)
    yield Plans(backend, dialect, statements, values)
    backend.cleanup()


def _fill(backend: Backend) -> dict[str, Bound]:
    """Makes sessions; answers a value for each parameter of a page."""
    store, dialect = backend.open(), backend.dialect()
    organization = new_organization(store)
    agents = [new_agent(store, organization) for _ in range(2)]
    key = a_key(organization)
    store.keys.create(key)
    session = new_session(store, agents[0])
    store.sessions.pin(organization, session.id, key.id, math.inf)
    table = TableRows(dialect, models.Session)
    [[row]] = table.batches()
    rows = [_like(row, number, agents[number % 2].id) for number in range(SESSIONS)]
    for start in range(0, SESSIONS, BATCH):
        table.insert(rows[start : start + BATCH])
    if backend.name == "postgresql":
        # As the server does of its own accord.
        dialect.database.execute_sql("ANALYZE")
    of = dialect.key
    return {
        "organization_id": of(organization),
        "key_id": of(key.id),
        "first": of(bytes(16)),
        "before": of(b"\xff" * 16),
        "agent_id": of(agents[0].id),
        "status": SessionStatus.IDLE.value,
        "now": now(),
        "size": 21,
        "skip": 0,
    }


def _like(row: Row, number: int, agent_id: bytes) -> Row:
    values = dict(zip((field.name for field in models.Session._meta.sorted_fields), row, strict=True))
    status = tuple(SessionStatus)[number % 3].value
    return tuple({**values, "id": new_id(now()), "agent_id": agent_id, "status": status}.values())


def index(shape: Shape) -> tuple[str, ...]:
    """The names, in SQLite and in PostgreSQL, of the index that a page is the end of a range of."""
    parts = [name for name, wanted in (("agent_id", shape.agent), ("status", shape.status)) if wanted]
    if parts:
        return ("_".join(["session_organization_id", *parts, "id"]),)
    return ("sqlite_autoindex_session_1", "session_pkey")


@pytest.mark.parametrize("shape", PAGED)
def test_a_page_is_the_end_of_a_range_of_an_index(shape: Shape, plans: Plans) -> None:
    for text in plans.of(plans.statements.page[shape]):
        assert any(f" {name} " in text for name in index(shape)), text
        assert "Sort" not in text, text
        assert "TEMP B-TREE" not in text, text
        assert "Bitmap" not in text, text
        assert "SCAN" not in text, text


@pytest.mark.parametrize("shape", PINNED)
@pytest.mark.parametrize("plans", ["sqlite"], indirect=True)
def test_what_is_pinned_is_looked_for_among_the_pins(shape: Shape, plans: Plans) -> None:
    # PostgreSQL knows how many there are; SQLite does as it is told.
    for statement in (plans.statements.page[shape], plans.statements.total[shape]):
        for text in plans.of(statement):
            first, second, *_ = text.splitlines()
            assert "session_pin_1" in first, text
            assert re.fullmatch(r"SEARCH t\d USING .*INDEX .* AND id=\?\)", second.strip()), text
