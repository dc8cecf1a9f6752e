"""Organizations and API keys on peewee."""

from __future__ import annotations

import math

from server.core.caller import ApiKey, Organization
from server.store import models
from server.store.dialect import Dialect
from server.store.rows import read_api_key, read_organization
from server.store.statement import compile_query, parameter, values_of
from server.store.transaction import Transaction
from server.store.writer import Writer


class PeeweeKeys:
    """The organizations and keys of a database; see core.store.Keys for what each method promises."""

    def __init__(self, dialect: Dialect, writer: Writer) -> None:
        self._dialect = dialect
        self._writer = writer
        organization, key = models.Organization, models.ApiKey
        database = dialect.database
        self._organization = compile_query(
            database, organization.select().where(organization.name == parameter("name"))
        )
        fields = organization._meta.sorted_fields
        self._insert_organization = compile_query(database, organization.insert(values_of(fields)))
        fields = key._meta.sorted_fields
        self._insert = compile_query(database, key.insert(values_of(fields)))
        self._find = compile_query(database, key.select().where(key.sha256 == parameter("sha256")))

    def create_organization(self, organization: Organization) -> Organization:
        def write(transaction: Transaction) -> Organization:
            row = transaction.execute(self._organization, (organization.name,)).fetchone()
            if row is not None:
                return read_organization(row)
            values = (self._dialect.key(organization.id), organization.name, organization.created_at)
            transaction.execute(self._insert_organization, values)
            return organization

        return self._writer.run(write, math.inf)

    def find_organization(self, name: str) -> Organization | None:
        row = self._dialect.execute(self._organization, (name,)).fetchone()
        return read_organization(row) if row else None

    def create(self, key: ApiKey) -> None:
        values = (
            self._dialect.key(key.organization_id),
            self._dialect.key(key.id),
            key.name,
            key.sha256,
            " ".join(sorted(key.scopes)),
            key.created_at,
            key.expires_at,
        )

        def write(transaction: Transaction) -> None:
            transaction.execute(self._insert, values)

        self._writer.run(write, math.inf)

    def find(self, sha256: bytes) -> ApiKey | None:
        row = self._dialect.execute(self._find, (sha256,)).fetchone()
        return read_api_key(row) if row else None
