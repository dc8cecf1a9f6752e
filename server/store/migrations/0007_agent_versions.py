"""Versions of agents, which of them sessions run with, and what servers had when sessions were created.

The tables as they were at this version, apart from the models on purpose: a migration never changes.
"""

from __future__ import annotations

from peewee import SQL, BigIntegerField, CompositeKey, Database, IntegerField, Model, TextField, Value
from playhouse.migrate import SchemaMigrator

from server.store.fields import DocumentField, KeyField

TO_AGENT = SQL("FOREIGN KEY (organization_id, agent_id) REFERENCES agent (organization_id, id)")
FIRST = SQL("NOT NULL DEFAULT 1")
"""So that a database adds the column without writing a row."""


def up(migrator: SchemaMigrator, database: Database) -> None:
    """Adds the columns and tables, and makes version 1 of every agent as it is."""

    class Table(Model):
        class Meta:
            legacy_table_names = False

    class Agent(Table):
        organization_id = KeyField()
        id = KeyField()
        name = TextField()
        display_name = TextField(null=True)
        description = TextField(null=True)
        system_prompt = TextField()
        default_model_id = TextField(null=True)
        tags = DocumentField()
        capabilities = DocumentField()
        max_iterations = IntegerField()
        updated_at = BigIntegerField()

        class Meta:
            primary_key = CompositeKey("organization_id", "id")

    class AgentVersion(Table):
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
            constraints = [TO_AGENT]

    class Environment(Table):
        id = BigIntegerField(primary_key=True)
        definition = TextField()

    for table, column in (("agent", "version"), ("session", "created_version")):
        migrator.alter_add_column(table, column, IntegerField(null=True, constraints=[FIRST])).run()
    migrator.add_column("session", "pinned_version", IntegerField(null=True)).run()
    migrator.add_column("session", "environment", BigIntegerField(null=True)).run()
    with database.bind_ctx((Agent, AgentVersion, Environment)):
        Environment.create_table(safe=False)
        AgentVersion.create_table(safe=False)
        content = (
            Agent.name,
            Agent.display_name,
            Agent.description,
            Agent.system_prompt,
            Agent.default_model_id,
            Agent.tags,
            Agent.capabilities,
            Agent.max_iterations,
        )
        columns = (Agent.organization_id, Agent.id, Value(1), *content, Agent.updated_at)
        AgentVersion.insert_from(Agent.select(*columns), AgentVersion._meta.sorted_fields).execute()
