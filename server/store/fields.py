"""The column types that the two dialects spell differently."""

from __future__ import annotations

from peewee import Field


class KeyField(Field):
    """A UUID: 16 bytes in SQLite, `uuid` in PostgreSQL."""

    field_type = "UUID"


class DocumentField(Field):
    """JSON, handed over and read as text: TEXT in SQLite, `jsonb` in PostgreSQL."""

    field_type = "JSON"
