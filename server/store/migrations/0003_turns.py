"""Turns of sessions.

The tables as they were at this version, apart from the models on purpose: a migration never changes.
"""

from __future__ import annotations

from peewee import SQL, BigIntegerField, CompositeKey, Database, Model, TextField
from playhouse.migrate import SchemaMigrator

from server.store.fields import KeyField

TO_SESSION = SQL("FOREIGN KEY (organization_id, session_id) REFERENCES session (organization_id, id)")


def up(migrator: SchemaMigrator, database: Database) -> None:
    """Adds to sessions when the lease of a turn runs out, and makes the table of turns."""

    class Table(Model):
        class Meta:
            legacy_table_names = False

    class Session(Table):
        organization_id = KeyField()
        id = KeyField()
        turn_expires_at = BigIntegerField(null=True)

        class Meta:
            primary_key = CompositeKey("organization_id", "id")

    class Turn(Table):
        organization_id = KeyField()
        session_id = KeyField()
        id = KeyField()
        token = BigIntegerField()
        worker = TextField()
        lease = BigIntegerField()
        started_at = BigIntegerField()
        cancel_requested_at = BigIntegerField(null=True)
        outcome = TextField(null=True)
        error = TextField(null=True)
        ended_at = BigIntegerField(null=True)

        class Meta:
            primary_key = CompositeKey("organization_id", "session_id", "id")
            constraints = [TO_SESSION]

    indexed = (Session.organization_id, Session.turn_expires_at, Session.id)
    of_active = Session.turn_expires_at.is_null(False)
    with database.bind_ctx((Session, Turn)):
        migrator.add_column("session", "turn_expires_at", Session.turn_expires_at).run()
        database.execute(Session.index(*indexed, where=of_active, safe=False))
        Turn.create_table(safe=False)
