"""The tables. The organization comes first in every key and index, so that rows of one are together
and a distributed database can partition by it.

A key is the pair of organization and id; the public id is never stored, it is another spelling of the
same UUID. Times are microseconds since 1970.
"""

from __future__ import annotations

from peewee import SQL, BigIntegerField, BlobField, CompositeKey, IntegerField, Model, TextField

from server.store.fields import DocumentField, KeyField


class Table(Model):
    """What all tables have in common: named as their model."""

    class Meta:
        legacy_table_names = False


class Organization(Table):
    """A tenant."""

    id = KeyField(primary_key=True)
    name = TextField(unique=True)
    created_at = BigIntegerField()


class ApiKey(Table):
    """A key, by the SHA-256 of its secret and of the one before. The one lookup that has no organization
    yet, since it finds it."""

    organization_id = KeyField()
    id = KeyField()
    name = TextField()
    sha256 = BlobField(unique=True)
    scopes = TextField()
    created_at = BigIntegerField()
    expires_at = BigIntegerField(null=True)
    last_used_at = BigIntegerField(null=True)
    revoked_at = BigIntegerField(null=True)
    previous_sha256 = BlobField(null=True, unique=True)
    previous_expires_at = BigIntegerField(null=True)

    class Meta:
        primary_key = CompositeKey("organization_id", "id")
        constraints = [SQL("FOREIGN KEY (organization_id) REFERENCES organization (id)")]


class Agent(Table):
    """An agent. `active_name` is its name while it is active, and so unique among active agents."""

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
        constraints = [SQL("FOREIGN KEY (organization_id) REFERENCES organization (id)")]
        indexes = (
            (("organization_id", "active_name"), True),
            (("organization_id", "created_at", "id"), False),
        )


class Session(Table):
    """A session. Its id begins with its time, so the key is also the order of a list."""

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
        constraints = [SQL("FOREIGN KEY (organization_id, agent_id) REFERENCES agent (organization_id, id)")]
        indexes = ((("organization_id", "agent_id", "id"), False),)


class SessionCount(Table):
    """How many sessions an organization, or one of its agents, has: the sum over all shards.

    A process counts in a shard of its own, so that processes do not wait for each other's row.
    """

    organization_id = KeyField()
    scope_id = KeyField()
    shard = IntegerField()
    sessions = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("organization_id", "scope_id", "shard")


class IdempotentAnswer(Table):
    """What a request with an idempotency key was answered."""

    organization_id = KeyField()
    method = TextField()
    request_key = TextField()
    fingerprint = BlobField()
    answer = BlobField()
    created_at = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("organization_id", "method", "request_key")
        indexes = ((("organization_id", "created_at"), False),)


class SharedSecret(Table):
    """Random bytes that all processes on the database sign with; of no organization."""

    name = TextField(primary_key=True)
    secret = BlobField()


TABLES = (Organization, ApiKey, Agent, Session, SessionCount, IdempotentAnswer, SharedSecret)
