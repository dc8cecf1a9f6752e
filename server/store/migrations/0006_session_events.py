"""Events of sessions, an outbox.

The table as it was at this version, apart from the models on purpose: a migration never changes.
"""

from __future__ import annotations

from peewee import BigIntegerField, CompositeKey, Database, Model, TextField
from playhouse.migrate import SchemaMigrator

from server.store.fields import KeyField


def up(migrator: SchemaMigrator, database: Database) -> None:
    """Makes the table."""

    class SessionEvent(Model):
        organization_id = KeyField()
        last = BigIntegerField()
        at = BigIntegerField()
        changes = TextField()

        class Meta:
            legacy_table_names = False
            primary_key = CompositeKey("organization_id", "last")

    with database.bind_ctx([SessionEvent]):
        SessionEvent.create_table(safe=False)
