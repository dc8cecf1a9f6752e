"""Organizations, keys, agents, sessions with their counts, and answers to idempotent requests.

The tables as they were at this version, apart from the models on purpose: a migration never changes.
"""

from __future__ import annotations

from peewee import SQL, BigIntegerField, BlobField, CompositeKey, Database, IntegerField, Model, TextField
from playhouse.migrate import SchemaMigrator

from server.store.fields import DocumentField, KeyField

TO_ORGANIZATION = SQL("FOREIGN KEY (organization_id) REFERENCES organization (id)")
TO_AGENT = SQL("FOREIGN KEY (organization_id, agent_id) REFERENCES agent (organization_id, id)")


def up(migrator: SchemaMigrator, database: Database) -> None:
    """Makes the first tables."""

    class Table(Model):
        class Meta:
            legacy_table_names = False

    class Organization(Table):
        id = KeyField(primary_key=True)
        name = TextField(unique=True)
        created_at = BigIntegerField()

    class ApiKey(Table):
        organization_id = KeyField()
        id = KeyField()
        name = TextField()
        sha256 = BlobField(unique=True)
        scopes = TextField()
        created_at = BigIntegerField()
        expires_at = BigIntegerField(null=True)

        class Meta:
            primary_key = CompositeKey("organization_id", "id")
            constraints = [TO_ORGANIZATION]

    class Agent(Table):
        organization_id = KeyField()
        id = KeyField()
        name = TextField()
        active_name = TextField(null=True)
        display_name = TextField(null=True)
        description = TextField(null=True)
        system_prompt = TextField()
        default_model_id = TextField(null=True)
        tags = DocumentField()
        capabilities = DocumentField()
        max_iterations = IntegerField()
        status = TextField()
        search_text = TextField()
        created_at = BigIntegerField()
        updated_at = BigIntegerField()

        class Meta:
            primary_key = CompositeKey("organization_id", "id")
            constraints = [TO_ORGANIZATION]
            indexes = (
                (("organization_id", "active_name"), True),
                (("organization_id", "created_at", "id"), False),
            )

    class Session(Table):
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

        class Meta:
            primary_key = CompositeKey("organization_id", "id")
            constraints = [TO_AGENT]
            indexes = ((("organization_id", "agent_id", "id"), False),)

    class SessionCount(Table):
        organization_id = KeyField()
        scope_id = KeyField()
        shard = IntegerField()
        sessions = BigIntegerField()

        class Meta:
            primary_key = CompositeKey("organization_id", "scope_id", "shard")

    class IdempotentAnswer(Table):
        organization_id = KeyField()
        method = TextField()
        request_key = TextField()
        fingerprint = BlobField()
        answer = BlobField()
        created_at = BigIntegerField()

        class Meta:
            primary_key = CompositeKey("organization_id", "method", "request_key")
            indexes = ((("organization_id", "created_at"), False),)

    tables = (Organization, ApiKey, Agent, Session, SessionCount, IdempotentAnswer)
    with database.bind_ctx(tables):
        for table in tables:
            table.create_table(safe=False)
