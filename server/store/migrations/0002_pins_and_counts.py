"""Pins of sessions, counts of sessions by status, and indexes for lists by status.

The tables as they were at this version, apart from the models on purpose: a migration never changes.
"""

from __future__ import annotations

from peewee import (
    SQL,
    BigIntegerField,
    CompositeKey,
    Database,
    Field,
    IntegerField,
    Model,
    Query,
    TextField,
    Value,
    fn,
)
from playhouse.migrate import SchemaMigrator, migrate

from server.store.fields import KeyField

TO_SESSION = SQL(
    "FOREIGN KEY (organization_id, session_id) REFERENCES session (organization_id, id) ON DELETE CASCADE"
)
TO_KEY = SQL(
    "FOREIGN KEY (organization_id, api_key_id) REFERENCES api_key (organization_id, id) ON DELETE CASCADE"
)
SHARD = 0


def up(migrator: SchemaMigrator, database: Database) -> None:
    """Adds the table and the indexes, and counts the sessions that there are anew."""

    class Table(Model):
        class Meta:
            legacy_table_names = False

    class Session(Table):
        organization_id = KeyField()
        id = KeyField()
        agent_id = KeyField()
        status = TextField()

        class Meta:
            primary_key = CompositeKey("organization_id", "id")

    class SessionPin(Table):
        organization_id = KeyField()
        api_key_id = KeyField()
        session_id = KeyField()

        class Meta:
            primary_key = CompositeKey("organization_id", "api_key_id", "session_id")
            constraints = [TO_SESSION, TO_KEY]
            indexes = ((("organization_id", "session_id"), False),)

    class SessionCount(Table):
        organization_id = KeyField()
        scope_id = KeyField()
        status = TextField()
        shard = IntegerField()
        sessions = BigIntegerField()

        class Meta:
            primary_key = CompositeKey("organization_id", "scope_id", "status", "shard")

    def counted(*scope: Field) -> Query:
        status, sessions = Session.status, fn.COUNT(SQL("*"))
        columns = [Session.organization_id, scope[-1], status, Value(SHARD), sessions]
        return Session.select(*columns).group_by(Session.organization_id, *scope, status)

    with database.bind_ctx((Session, SessionPin, SessionCount)):
        # First, and so locked: a process of an older version that has yet to count a session fails,
        # and what was counted before is seen below.
        SessionCount.drop_table()
        SessionCount.create_table(safe=False)
        fields = SessionCount._meta.sorted_fields
        SessionCount.insert_from(counted(Session.organization_id), fields).execute()
        SessionCount.insert_from(counted(Session.agent_id), fields).execute()
        SessionPin.create_table(safe=False)
    migrate(
        migrator.add_index("session", ("organization_id", "status", "id"), False),
        migrator.add_index("session", ("organization_id", "agent_id", "status", "id"), False),
    )
