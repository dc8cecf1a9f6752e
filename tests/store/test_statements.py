"""Every statement that the store runs is within one organization, as its SQL says."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from peewee import CompositeKey

from server.store import models
from server.store.peewee_store import PeeweeStore
from server.store.statement import Statement

WITHOUT: dict[str, str] = {
    'SELECT .* FROM "api_key" .* WHERE .*"sha256" = .* OR .*"previous_sha256" = [^ ]+$': (
        "finds the organization of a call, by the digest of a secret that nobody else has"
    ),
    'SELECT .* FROM "organization" .* WHERE .*"name" = [^ ]+$': "finds an organization, for the command line",
    'INSERT INTO "organization" .*': "makes an organization",
    '(SELECT|INSERT) .* "shared_secret" .*': "is of the service, and nothing of a tenant's",
}
"""The statements of no organization, each with why that is well."""


def statements(place: object, seen: set[int]) -> Iterator[Statement]:
    """Every statement that can be reached from an object of the store."""
    if id(place) in seen:
        return
    seen.add(id(place))
    if isinstance(place, Statement):
        yield place
    elif isinstance(place, dict):
        for value in place.values():
            yield from statements(value, seen)
    elif isinstance(place, list | tuple):
        for value in place:
            yield from statements(value, seen)
    elif type(place).__module__.startswith("server.store."):
        yield from statements(vars(place), seen)


def all_statements(store: PeeweeStore) -> list[Statement]:
    """The distinct statements of a store."""
    return list(dict.fromkeys(statements(store, set())))


def without_a_tenant(statement: Statement) -> list[str]:
    """Why the statement is in WITHOUT, if it is."""
    return [why for pattern, why in WITHOUT.items() if re.fullmatch(pattern, _plain(statement), re.DOTALL)]


def is_bound(statement: Statement) -> bool:
    """Whether a statement reaches rows of the organization alone that is bound to it.

    A row that is written has the organization as a parameter in its first column. What reads or changes
    rows begins its condition with the organization, has no OR beside that, and joins within it.
    """
    sql = _plain(statement)
    if sql.startswith("INSERT"):
        columns = re.findall(r'"(\w+)"', sql.partition("(")[2].partition(")")[0])
        rows = statement.parameters[:: len(columns)]
        return columns[0] == "organization_id" and set(rows) == {"organization_id"}
    before, _, condition = sql.partition(" WHERE ")
    organization = r'(?:"t1"|"\w+")\."organization_id" = (?:\?|%s)'
    if not re.match(rf"\(*{organization}(?![^)]*\)* OR )", condition):
        return False
    joins = re.findall(r'JOIN "\w+" AS "(\w+)" ON (.*)', before)
    return all(
        re.match(rf'\(+"{name}"\."organization_id" = "t1"\."organization_id"\) AND', on) for name, on in joins
    )


def _plain(statement: Statement) -> str:
    return " ".join(statement.sql.split())


def test_every_statement_binds_the_organization(store: PeeweeStore) -> None:
    found = all_statements(store)
    assert len(found) > 60
    assert [s.sql for s in found if not is_bound(s) and not without_a_tenant(s)] == []


def test_each_exception_is_of_a_statement_that_there_is(store: PeeweeStore) -> None:
    reasons = {why for statement in all_statements(store) for why in without_a_tenant(statement)}
    assert reasons == set(WITHOUT.values())


@pytest.mark.parametrize(
    "sql",
    [
        'SELECT "t1"."id" FROM "agent" AS "t1" WHERE ("t1"."id" = ?)',
        'SELECT "t1"."id" FROM "agent" AS "t1" WHERE (("t1"."organization_id" = ?) OR ("t1"."id" = ?))',
        'SELECT "t1"."id" FROM "agent" AS "t1" '
        'WHERE (("t1"."organization_id" = "t1"."id") AND ("t1"."id" = ?))',
        'DELETE FROM "session"',
        'UPDATE "agent" SET "name" = ? WHERE ("agent"."id" = ?)',
        'SELECT "t1"."id" FROM "session" AS "t1" INNER JOIN "agent" AS "t2" ON ("t2"."id" = "t1"."agent_id") '
        'WHERE ("t1"."organization_id" = ?)',
    ],
)
def test_a_statement_across_organizations_would_be_found(sql: str) -> None:
    assert not is_bound(Statement(sql, ("organization_id", "id")))


def test_every_key_and_index_begins_with_the_organization() -> None:
    for model in set(models.TABLES) - {models.Organization, models.SharedSecret}:
        key = model._meta.primary_key
        assert isinstance(key, CompositeKey)
        assert key.field_names[0] == "organization_id", model
        for columns, _ in model._meta.indexes:
            assert columns[0] == "organization_id", model
