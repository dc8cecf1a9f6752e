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
    version = IntegerField(constraints=[SQL("DEFAULT 1")])

    class Meta:
        primary_key = CompositeKey("organization_id", "id")
        constraints = [SQL("FOREIGN KEY (organization_id) REFERENCES organization (id)")]
        indexes = (
            (("organization_id", "active_name"), True),
            (("organization_id", "created_at", "id"), False),
        )


class AgentVersion(Table):
    """What an agent was from one change to the next. Written once; `number` counts from 1 for each agent."""

    organization_id = KeyField()
    agent_id = KeyField()
    number = IntegerField()
    name = TextField()
    display_name = TextField(null=True)
    description = TextField(null=True)
    system_prompt = TextField()
    default_model_id = TextField(null=True)
    tags = DocumentField()
    capabilities = DocumentField()
    max_iterations = IntegerField()
    created_at = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("organization_id", "agent_id", "number")
        constraints = [SQL("FOREIGN KEY (organization_id, agent_id) REFERENCES agent (organization_id, id)")]


class Environment(Table):
    """What a server had that sessions ran with, as JSON; of no organization. Text, and no document, since its
    id is a digest of how it is written."""

    id = BigIntegerField(primary_key=True)
    definition = TextField()


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
    turn_expires_at = BigIntegerField(null=True)
    created_version = IntegerField(constraints=[SQL("DEFAULT 1")])
    pinned_version = IntegerField(null=True)
    environment = BigIntegerField(null=True)
    expires_at = BigIntegerField(null=True)

    class Meta:
        primary_key = CompositeKey("organization_id", "id")
        constraints = [SQL("FOREIGN KEY (organization_id, agent_id) REFERENCES agent (organization_id, id)")]
        # A page of any agent, status, or both is the end of a range of one of these or of the key. No
        # two of the four can share one: what a page is ordered by must follow what it is filtered by.
        indexes = (
            (("organization_id", "agent_id", "id"), False),
            (("organization_id", "status", "id"), False),
            (("organization_id", "agent_id", "status", "id"), False),
        )


TO_KEY = SQL(
    "FOREIGN KEY (organization_id, api_key_id) REFERENCES api_key (organization_id, id) ON DELETE CASCADE"
)


class SessionPin(Table):
    """That a key has pinned a session. It goes with either of them."""

    organization_id = KeyField()
    api_key_id = KeyField()
    session_id = KeyField()

    class Meta:
        primary_key = CompositeKey("organization_id", "api_key_id", "session_id")
        constraints = [
            SQL(
                "FOREIGN KEY (organization_id, session_id) REFERENCES session (organization_id, id) "
                "ON DELETE CASCADE"
            ),
            TO_KEY,
        ]
        indexes = ((("organization_id", "session_id"), False),)


# Only the sessions that are active, so that those whose lease ran out are found by reading all of it.
Session.add_index(
    Session.index(
        Session.organization_id,
        Session.turn_expires_at,
        Session.id,
        where=Session.turn_expires_at.is_null(False),
    )
)


class Turn(Table):
    """A turn. Its id begins with its time, and one is made after the other, so the key is also the order of a
    list. When the lease of one that runs runs out is with its session."""

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
        constraints = [
            SQL("FOREIGN KEY (organization_id, session_id) REFERENCES session (organization_id, id)")
        ]


class DeletedSession(Session):
    """A session that was deleted or has expired, as it was then. It is kept apart, so that whatever reads
    sessions knows nothing of it and takes no longer for it."""

    deleted_at = BigIntegerField()

    class Meta:
        indexes = ((("organization_id", "deleted_at", "id"), False),)


class DeletedTurn(Turn):
    """A turn of such a session."""

    class Meta:
        constraints = [
            SQL("FOREIGN KEY (organization_id, session_id) REFERENCES deleted_session (organization_id, id)")
        ]


class DeletedSessionPin(SessionPin):
    """A pin of such a session. It goes with either of them."""

    class Meta:
        constraints = [
            SQL(
                "FOREIGN KEY (organization_id, session_id) REFERENCES deleted_session (organization_id, id) "
                "ON DELETE CASCADE"
            ),
            TO_KEY,
        ]


# Only the sessions that are to expire, by when they do.
Session.add_index(
    Session.index(
        Session.organization_id,
        Session.expires_at,
        Session.id,
        where=Session.expires_at.is_null(False),
    )
)


class SessionCount(Table):
    """How many sessions of a status an organization, or one of its agents, has: the sum over all shards.

    A process counts in a shard of its own, so that processes do not wait for each other's row.
    """

    organization_id = KeyField()
    scope_id = KeyField()
    status = TextField()
    shard = IntegerField()
    sessions = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("organization_id", "scope_id", "status", "shard")


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


class SessionEvent(Table):
    """What one transaction changed of an organization's sessions, a JSON list. Its changes are events with
    the numbers up to `last`."""

    organization_id = KeyField()
    last = BigIntegerField()
    at = BigIntegerField()
    changes = TextField()

    class Meta:
        primary_key = CompositeKey("organization_id", "last")


class AuditEvent(Table):
    """What someone did, or tried to. It outlives what it names, so it refers to none of that. Its id begins
    with its time, so the key is also the order of a list."""

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
        primary_key = CompositeKey("organization_id", "id")
        constraints = [SQL("FOREIGN KEY (organization_id) REFERENCES organization (id)")]
        indexes = (
            (("organization_id", "key_id", "id"), False),
            (("organization_id", "resource_kind", "resource_id", "id"), False),
        )


class SharedSecret(Table):
    """Random bytes that all processes on the database sign with; of no organization."""

    name = TextField(primary_key=True)
    secret = BlobField()


TABLES = (
    Organization,
    ApiKey,
    Agent,
    AgentVersion,
    Environment,
    Session,
    SessionPin,
    Turn,
    DeletedSession,
    DeletedTurn,
    DeletedSessionPin,
    SessionCount,
    IdempotentAnswer,
    SessionEvent,
    AuditEvent,
    SharedSecret,
)
