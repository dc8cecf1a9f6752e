"""Every statement that the store runs is within one organization, as its SQL says."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import pytest
from peewee import CompositeKey, ModelIndex

from server.store import models
from server.store.peewee_store import PeeweeStore
from server.store.statement import Statement

LOCKS = "locks the caller's own organization, where rows are locked"
WITHOUT: dict[str, str] = {
    'SELECT .* FROM "api_key" .* WHERE .*"sha256" = .* OR .*"previous_sha256" = [^ ]+$': (
        "finds the organization of a call, by the digest of a secret that nobody else has"
    ),
    'SELECT .* FROM "organization" .* WHERE .*"name" = [^ ]+$': "finds an organization, for the command line",
    'INSERT INTO "organization" .*': "makes an organization",
    'SELECT [^ ]*"id" FROM "organization" [^ ]+ [^ ]+': "names all, each of which is then swept by itself",
    'SELECT "t1"."id" FROM "organization" .*"id" = [^ ]+ FOR UPDATE': LOCKS,
    'SELECT .* FROM "session" .* WHERE .*"turn_expires_at" <= [^ ]+ ORDER BY .*': "ends what ran out, of all",
    'SELECT .* FROM "organization" AS "t2" CROSS JOIN "session" AS "t1" .*"expires_at" <= .*': (
        "takes away what has expired, of all"
    ),
    'SELECT .* FROM "organization" AS "t2" CROSS JOIN "deleted_session" AS "t1" .*"deleted_at" <= .*': (
        "removes what was deleted long ago, of all"
    ),
    '(SELECT .* FROM|INSERT .*INTO) "environment" .*': "is what a server had, and nothing of a tenant's",
    'SELECT [^ ]+"id" FROM "organization" .*"id" > [^ ]+ ORDER BY .*': "goes through all, to forget events",
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

    A row that is written has the organization as a parameter in its first column, or as what it is copied
    from has it. What reads or changes rows demands the organization, whatever else it demands, and joins
    within it.
    """
    sql = _named(statement)
    copied = re.fullmatch(r'INSERT INTO "\w+" \("organization_id", [^()]*\) (SELECT .*)', sql)
    if copied:
        query = copied[1].partition(" RETURNING ")[0]
        return query.startswith('SELECT "t1"."organization_id", ') and _reads_within(query)
    if sql.startswith("INSERT"):
        sql, within = _without_subqueries(sql)
        columns, _, values = sql.partition(" VALUES ")
        rows = re.findall(r"\((:\w+), ", values)
        alone = r'.* WHERE \("newest"\."organization_id" = :organization_id\)'
        first = re.search(r'\("(\w+)"', columns)
        return (
            all(re.fullmatch(alone, query) for query in within)
            and bool(first and first[1] == "organization_id")
            and set(rows) == {":organization_id"}
        )
    return all(_reads_within(query.removeprefix("(")) for query in sql.split(" UNION ALL "))


def _reads_within(sql: str) -> bool:
    sql, within = _without_subqueries(sql)
    before, _, condition = sql.partition(" WHERE ")
    own = r'SELECT .* FROM "organization" .*\("t1"\."id" = :organization_id\) FOR NO KEY UPDATE'
    if re.fullmatch(own, sql):
        return True
    demanded = _conjuncts(condition)
    for join in re.split(" (?:INNER|OUTER) JOIN ", before):
        joined = re.fullmatch(r'"\w+" AS "(\w+)" ON (.*)', join)
        if joined and f'"{joined[1]}"."organization_id" = "t1"."organization_id"' not in _conjuncts(
            joined[2]
        ):
            return False
    crossed = re.search(r' AS "(\w+)" CROSS JOIN "\w+" AS "(\w+)"', before)
    if crossed and f'"{crossed[1]}"."organization_id" = "{crossed[2]}"."organization_id"' not in demanded:
        return False
    organization = r'"\w+"\."organization_id" = :organization_id'
    return any(re.fullmatch(organization, term) for term in demanded) and all(map(_is_within, within))


def _conjuncts(condition: str) -> list[str]:
    """What a condition demands: the terms all of which must hold."""
    condition = condition.strip()
    depth, closed = 0, -1
    for place, letter in enumerate(condition):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth == 0:
            if letter == ")" and closed < 0:
                closed = place
            if condition.startswith(" AND ", place):
                return _conjuncts(condition[:place]) + _conjuncts(condition[place + 5 :])
    # What follows a condition in parentheses is its order and limit.
    if condition.startswith("(") and not re.match(r" (OR|IS|[<=>]+) ", condition[closed + 1 :]):
        return _conjuncts(condition[1:closed])
    return [condition]


def _without_subqueries(sql: str) -> tuple[str, list[str]]:
    """A statement without the queries within it, and those of them that read tables."""
    within = []
    while (start := sql.find("(SELECT ")) >= 0:
        depth, end = 1, start + 1
        while depth:
            depth += {"(": 1, ")": -1}.get(sql[end], 0)
            end += 1
        subquery = sql[start + 1 : end - 1]
        within += [subquery] if re.search(r' FROM "\w+"', subquery) else []
        sql = sql[:start] + "()" + sql[end:]
    return sql, within


def _is_within(subquery: str) -> bool:
    """Whether a query within another stays in the organization of that."""
    organization = r'"(?!t1)\w+"\."organization_id" = "t1"\."organization_id"'
    bound = r'"\w+"\."organization_id" = :organization_id'
    demanded = _conjuncts(_without_subqueries(subquery)[0].partition(" WHERE ")[2])
    return any(re.fullmatch(f"{organization}|{bound}", term) for term in demanded)


def _named(statement: Statement) -> str:
    """The SQL with the names of its parameters in place of question marks."""
    names = itertools.chain(statement.parameters, itertools.repeat("other"))
    return re.sub(r"\?|%s", lambda _: f":{next(names)}", _plain(statement))


def _plain(statement: Statement) -> str:
    return " ".join(statement.sql.split())


def test_every_statement_binds_the_organization(store: PeeweeStore) -> None:
    found = all_statements(store)
    assert len(found) > 60
    assert [s.sql for s in found if not is_bound(s) and not without_a_tenant(s)] == []


def test_each_exception_is_of_a_statement_that_there_is(
    store: PeeweeStore, request: pytest.FixtureRequest
) -> None:
    reasons = {why for statement in all_statements(store) for why in without_a_tenant(statement)}
    unused = {LOCKS} if request.node.callspec.params["store"] == "sqlite" else set()
    assert set(WITHOUT.values()) - reasons == unused


@pytest.mark.parametrize(
    "sql",
    [
        'SELECT "t1"."id" FROM "agent" AS "t1" WHERE ("t1"."id" = ?)',
        'SELECT "t1"."id" FROM "agent" AS "t1" WHERE (("t1"."organization_id" = ?) OR ("t1"."id" = ?))',
        'SELECT "t1"."id" FROM "agent" AS "t1" '
        'WHERE (("t1"."organization_id" = "t1"."id") AND ("t1"."id" = ?))',
        'SELECT "t1"."id" FROM "agent" AS "t1" WHERE ("t1"."organization_id" = ?) '
        'UNION ALL SELECT "t2"."id" FROM "agent" AS "t2" WHERE ("t2"."id" = ?)',
        'SELECT "t1"."id" FROM "agent" AS "t1" WHERE ("t1"."organization_id" > ?)',
        'DELETE FROM "session"',
        'INSERT INTO "turn" ("organization_id", "id") SELECT "t1"."organization_id", "t1"."id" '
        'FROM "deleted_turn" AS "t1" WHERE ("t1"."id" = ?)',
        'INSERT INTO "turn" ("organization_id", "id") SELECT "t1"."id", "t1"."organization_id" '
        'FROM "deleted_turn" AS "t1" WHERE ("t1"."organization_id" = ?)',
        'UPDATE "agent" SET "name" = ? WHERE ("agent"."id" = ?)',
        'SELECT "t1"."id" FROM "session" AS "t1" INNER JOIN "agent" AS "t2" ON ("t2"."id" = "t1"."agent_id") '
        'WHERE ("t1"."organization_id" = ?)',
        'SELECT "t1"."id", (SELECT "t2"."name" FROM "agent" AS "t2" WHERE ("t2"."id" = "t1"."agent_id")) '
        'FROM "session" AS "t1" WHERE ("t1"."organization_id" = ?)',
    ],
)
def test_a_statement_across_organizations_would_be_found(sql: str) -> None:
    assert not is_bound(Statement(sql, ("organization_id", "id")))


def test_every_key_and_index_begins_with_the_organization() -> None:
    for model in set(models.TABLES) - {models.Organization, models.Environment, models.SharedSecret}:
        key = model._meta.primary_key
        assert isinstance(key, CompositeKey)
        assert key.field_names[0] == "organization_id", model
        for index in model._meta.indexes:
            first = vars(index)["_expressions"][0].name if isinstance(index, ModelIndex) else index[0][0]
            assert first == "organization_id", model
