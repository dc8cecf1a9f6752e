"""Organizations and API keys on peewee."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import cast

from peewee import SQL, Query, fn

from server.core.audit import Actor
from server.core.caller import ApiKey, KeyUse, Organization
from server.core.page import Page, PageRequest
from server.store import models
from server.store.audit import PeeweeAudit
from server.store.dialect import Dialect
from server.store.quotas import HeldQuotas
from server.store.rows import api_key_values, read_api_key, read_organization
from server.store.statement import Bound, Statement, compile_query, parameter, values_of
from server.store.transaction import Transaction
from server.store.writer import Writer


class PeeweeKeys:
    """The organizations and keys of a database; see core.key_store.Keys for what each method promises."""

    def __init__(self, dialect: Dialect, writer: Writer, quotas: HeldQuotas, audit: PeeweeAudit) -> None:
        self._dialect = dialect
        self._writer = writer
        self._quotas = quotas
        self._audit = audit
        self._statements = _Statements(dialect)

    def create_organization(self, organization: Organization) -> Organization:
        values = (self._dialect.key(organization.id), organization.name, organization.created_at)

        def write(transaction: Transaction) -> Organization:
            row = transaction.execute(self._statements.organization, (organization.name,)).fetchone()
            if row is not None:
                return read_organization(row)
            transaction.execute(self._statements.insert_organization, values)
            return organization

        return self._writer.run(write, math.inf)

    def find_organization(self, name: str) -> Organization | None:
        row = self._dialect.execute(self._statements.organization, (name,)).fetchone()
        return read_organization(row) if row else None

    def organizations(self) -> Sequence[bytes]:
        rows = self._dialect.execute(self._statements.organizations, ()).fetchall()
        return [cast(bytes, row[0]) for row in rows]

    def create(self, key: ApiKey, deadline: float = math.inf, actor: Actor | None = None) -> None:
        values = api_key_values(key, self._dialect.key)

        def write(transaction: Transaction) -> None:
            self._quotas.admit_key(transaction, key.organization_id)
            transaction.execute(self._statements.insert, values)
            self._audit.note(transaction, actor, None, key)

        self._writer.run(write, deadline)

    def find(self, sha256: bytes) -> ApiKey | None:
        row = self._dialect.execute(self._statements.find, (sha256, sha256)).fetchone()
        return read_api_key(row) if row else None

    def get(self, organization_id: bytes, id: bytes) -> ApiKey | None:
        key = self._dialect.key
        row = self._dialect.execute(self._statements.get, (key(organization_id), key(id))).fetchone()
        return read_api_key(row) if row else None

    def list(self, organization_id: bytes, include_revoked: bool, page: PageRequest) -> Page[ApiKey]:
        organization = self._dialect.key(organization_id)
        after: tuple[Bound, ...] = () if page.after is None else (self._dialect.key(page.after[1]),)
        statement = self._statements.list[include_revoked, bool(after)]
        rows = self._dialect.execute(statement, (organization, *after, page.size + 1, page.skip)).fetchall()
        total = self._dialect.execute(self._statements.total[include_revoked], (organization,)).fetchone()
        items = tuple(map(read_api_key, rows[: page.size]))
        last = items[-1] if items and len(rows) > page.size else None
        return Page(
            items=items,
            total=cast(int, total[0]) if total else 0,
            next=None if last is None else (last.created_at, last.id),
        )

    def update(
        self,
        organization_id: bytes,
        id: bytes,
        change: Callable[[ApiKey], ApiKey],
        deadline: float,
        actor: Actor | None = None,
    ) -> ApiKey | None:
        key = self._dialect.key

        def write(transaction: Transaction) -> ApiKey | None:
            row = transaction.execute(self._statements.lock, (key(organization_id), key(id))).fetchone()
            if row is None:
                return None
            before = read_api_key(row)
            changed = change(before)
            values = api_key_values(changed, key)
            transaction.execute(self._statements.update, (*values[2:], *values[:2]))
            self._audit.note(transaction, actor, before, changed)
            return changed

        return self._writer.run(write, deadline)

    def note_uses(self, uses: Sequence[KeyUse], deadline: float) -> None:
        key = self._dialect.key
        # In one order, so that processes that note the same keys do not lock each other out.
        ordered = sorted(uses, key=lambda use: (use.organization_id, use.key_id))

        def write(transaction: Transaction) -> None:
            for use in ordered:
                values = (use.at, key(use.organization_id), key(use.key_id), use.at)
                transaction.execute(self._statements.note_use, values)

        self._writer.run(write, deadline)


class _Statements:
    """Everything that keys ask of the database, compiled when the store opens."""

    def __init__(self, dialect: Dialect) -> None:
        def compiled(query: Query) -> Statement:
            return compile_query(dialect.database, query)

        organization, table = models.Organization, models.ApiKey
        self.organization = compiled(organization.select().where(organization.name == parameter("name")))
        self.organizations = compiled(organization.select(organization.id))
        self.insert_organization = compiled(organization.insert(values_of(organization._meta.sorted_fields)))
        fields = table._meta.sorted_fields
        here = table.organization_id == parameter("organization_id")
        one = here & (table.id == parameter("id"))
        rows = table.select()
        self.insert = compiled(table.insert(values_of(fields)))
        of_digest = table.sha256 == parameter("sha256"), table.previous_sha256 == parameter("sha256")
        self.find = compiled(rows.where(of_digest[0] | of_digest[1]))
        self.get = compiled(rows.where(one))
        self.lock = compiled(rows.where(one).for_update()) if dialect.lock_row else self.get
        self.update = compiled(table.update(values_of(fields[2:])).where(one))
        unnoted = table.last_used_at.is_null() | (table.last_used_at < parameter("before"))
        noted = {table.last_used_at: parameter("last_used_at")}
        self.note_use = compiled(table.update(noted).where(one & unnoted))
        self.list: dict[tuple[bool, bool], Statement] = {}
        self.total: dict[bool, Statement] = {}
        for revoked in (False, True):
            condition = here if revoked else here & table.revoked_at.is_null()
            self.total[revoked] = compiled(table.select(fn.COUNT(SQL("*"))).where(condition))
            for after in (False, True):
                page = rows.where(condition & (table.id < parameter("after")) if after else condition)
                page = page.order_by(table.id.desc()).limit(parameter("size")).offset(parameter("skip"))
                self.list[revoked, after] = compiled(page)
