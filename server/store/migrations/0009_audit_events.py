"""The audit log."""

from __future__ import annotations

from peewee import SQL, BigIntegerField, CompositeKey, Database, IntegerField, Model, TextField
from playhouse.migrate import SchemaMigrator

from server.store.fields import KeyField


def up(migrator: SchemaMigrator, database: Database) -> None:
    """Adds the table."""

    class AuditEvent(Model):
        organization_id = KeyField()
        id = KeyField()
        created_at = BigIntegerField()
        method = TextField()
        key_id = KeyField(null=True)
        key_name = TextField(null=True)
        request_id = TextField(null=True)
        peer = TextField(null=True)
        forwarded_for = TextField(null=True)
        outcome = TextField()
        reason = TextField(null=True)
        attempts = IntegerField()
        resource_kind = TextField(null=True)
        resource_id = KeyField(null=True)
        changes = TextField()

        class Meta:
            legacy_table_names = False
            primary_key = CompositeKey("organization_id", "id")
            constraints = [SQL("FOREIGN KEY (organization_id) REFERENCES organization (id)")]
            indexes = (
                (("organization_id", "key_id", "id"), False),
                (("organization_id", "resource_kind", "resource_id", "id"), False),
            )

    with database.bind_ctx([AuditEvent]):
        AuditEvent.create_table(safe=False)
