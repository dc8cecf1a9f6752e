"""When sessions expire, and the sessions that were deleted, with their turns and pins.

The tables as they were at this version, apart from the models on purpose: a migration never changes.
"""

from __future__ import annotations

from peewee import SQL, BigIntegerField, CompositeKey, Database, IntegerField, Model, TextField
from playhouse.migrate import SchemaMigrator

from server.store.fields import DocumentField, KeyField

TO_AGENT = SQL("FOREIGN KEY (organization_id, agent_id) REFERENCES agent (organization_id, id)")
TO_SESSION = "FOREIGN KEY (organization_id, session_id) REFERENCES deleted_session (organization_id, id)"
TO_KEY = SQL(
    "FOREIGN KEY (organization_id, api_key_id) REFERENCES api_key (organization_id, id) ON DELETE CASCADE"
)


def up(migrator: SchemaMigrator, database: Database) -> None:
    """Adds to sessions when they expire, and makes the tables of what was deleted."""

    class Table(Model):
        class Meta:
            legacy_table_names = False

    class Session(Table):
        organization_id = KeyField()
        id = KeyField()
        expires_at = BigIntegerField(null=True)

        class Meta:
            primary_key = CompositeKey("organization_id", "id")

    class DeletedSession(Table):
        organization_id = KeyField()
        id = KeyField()
        agent_id = KeyField()
        title = TextField(null=True)
        search_text = TextField(null=True)
        tags = DocumentField()
        model_id = TextField(null=True)
        capabilities = DocumentField()
        status = TextField()
        created_at = BigIntegerField()
        updated_at = BigIntegerField()
        turn_expires_at = BigIntegerField(null=True)
        created_version = IntegerField(constraints=[SQL("DEFAULT 1")])
        pinned_version = IntegerField(null=True)
        environment = BigIntegerField(null=True)
        expires_at = BigIntegerField(null=True)
        deleted_at = BigIntegerField()

        class Meta:
            primary_key = CompositeKey("organization_id", "id")
            constraints = [TO_AGENT]
            indexes = ((("organization_id", "deleted_at", "id"), False),)

    class DeletedTurn(Table):
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
            constraints = [SQL(TO_SESSION)]

    class DeletedSessionPin(Table):
        organization_id = KeyField()
        api_key_id = KeyField()
        session_id = KeyField()

        class Meta:
            primary_key = CompositeKey("organization_id", "api_key_id", "session_id")
            constraints = [SQL(f"{TO_SESSION} ON DELETE CASCADE"), TO_KEY]
            indexes = ((("organization_id", "session_id"), False),)

    indexed = (Session.organization_id, Session.expires_at, Session.id)
    of_expiring = Session.expires_at.is_null(False)
    made = (DeletedSession, DeletedTurn, DeletedSessionPin)
    with database.bind_ctx((Session, *made)):
        migrator.add_column("session", "expires_at", Session.expires_at).run()
        database.execute(Session.index(*indexed, where=of_expiring, safe=False))
        for table in made:
            table.create_table(safe=False)
