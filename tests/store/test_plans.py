"""Pages are read from the end of a range of an index, however the filter is made up, and never sorted."""

from __future__ import annotations

from server.store.dialect import Dialect
from server.store.session_statements import SHAPES
from server.store.statement import Statement

PAGED = [shape for shape in SHAPES if not (shape.tags or shape.search or shape.pinned)]
PINNED = [shape for shape in SHAPES if shape.pinned and not (shape.tags or shape.search)]


def plan(dialect: Dialect, statement: Statement) -> str:
    """How the database says that it would run a statement, whatever the values."""
    if "?" in statement.sql:
        values = (None,) * len(statement.parameters)
        rows = dialect.execute(Statement(f"EXPLAIN QUERY PLAN {statement.sql}", ()), values).fetchall()
        return "\n".join(str(row[3]) for row in rows)
    rows = dialect.execute(Statement(f"EXPLAIN (GENERIC_PLAN) {statement.sql}", ()), ()).fetchall()
    return "\n".join(str(row[0]) for row in rows)
