"""A digest of a table that is equal in every kind of database, and in whatever order rows are read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from peewee import Field

from server.store.fields import DocumentField
from server.store.statement import Bound, Row

_MODULUS = 1 << 256


@dataclass(frozen=True, slots=True)
class TableDigest:
    """How many rows a table has, and the digest of them all, 64 hex digits."""

    table: str
    rows: int
    digest: str


class Digester:
    """Adds up the rows of a table with these fields."""

    def __init__(self, table: str, fields: Sequence[Field]) -> None:
        self._table = table
        self._are_documents = [isinstance(field, DocumentField) for field in fields]
        self._rows = 0
        self._sum = 0

    def row_digest(self, row: Row) -> bytes:
        """The SHA-256 of a row's values."""
        values = [
            _document(value) if is_document else _plain(value)
            for value, is_document in zip(row, self._are_documents, strict=True)
        ]
        return hashlib.sha256(orjson.dumps(values)).digest()

    def add(self, rows: Sequence[Row]) -> None:
        """Takes rows in."""
        self._rows += len(rows)
        # A sum does not depend on the order, and unlike XOR it tells a row that is there twice.
        self._sum += sum(int.from_bytes(self.row_digest(row)) for row in rows)

    def result(self) -> TableDigest:
        """The digest of the rows taken in so far."""
        return TableDigest(self._table, self._rows, f"{self._sum % _MODULUS:064x}")


def _plain(value: Bound) -> Bound:
    # A column has one type, so that the hex of bytes is never taken for a text.
    return value.hex() if isinstance(value, bytes) else value


def _document(value: Bound) -> str | None:
    """JSON without what PostgreSQL's jsonb does not keep: spaces, the order of keys, how a number is
    written. Numbers are doubles (RFC 8259, section 6), as in all documents of the service."""
    if value is None:
        return None
    content = json.loads(str(value), parse_int=_number, parse_float=_number)
    return json.dumps(content, sort_keys=True)


def _number(text: str) -> float:
    # Adding 0 makes 0 of -0.
    return float(text) + 0.0
