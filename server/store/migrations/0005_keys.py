"""Rotation, revocation and last use of keys, and secrets that processes share."""

from __future__ import annotations

from peewee import BigIntegerField, BlobField, Database, Model, TextField
from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, database: Database) -> None:
    """Adds the columns and the table."""
    columns = {
        "last_used_at": BigIntegerField(null=True),
        "revoked_at": BigIntegerField(null=True),
        "previous_sha256": BlobField(null=True, unique=True),
        "previous_expires_at": BigIntegerField(null=True),
    }
    migrator.migrate(*(migrator.add_column("api_key", name, field) for name, field in columns.items()))

    class SharedSecret(Model):
        name = TextField(primary_key=True)
        secret = BlobField()

        class Meta:
            legacy_table_names = False

    with database.bind_ctx([SharedSecret]):
        SharedSecret.create_table(safe=False)
