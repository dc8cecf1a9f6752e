"""What a store counts of its work."""

from __future__ import annotations

import math

import pytest

from server.core.errors import Reason, ServiceError
from server.core.meters import Meters
from server.store.dialect import StoreFailure
from server.store.migrate import migrate
from server.store.peewee_store import PeeweeStore
from tests.store.backends import Backend
from tests.store.examples import a_session, create, new_agent, new_organization, new_session
from tests.store.faults import FaultyDialect


def test_statements_commits_and_groups_are_counted(backend: Backend) -> None:
    meters = Meters()
    dialect = backend.dialect()
    migrate(dialect)
    store = PeeweeStore(dialect, meters=meters)
    agent = new_agent(store, new_organization(store))
    session = new_session(store, agent)
    groups, commits = meters.groups.totals()[""], meters.commits.totals()
    assert groups.count == groups.sum == commits["ok"].count == 3
    assert commits.keys() == {"ok"}
    reads = meters.statements.totals()["read"].count
    assert store.sessions.get(agent.organization_id, session.id)
    assert meters.statements.totals()["read"].count == reads + 1
    assert meters.statements.totals()["write"].count >= 3
    assert store.waiting_writes() == 0
    store.close()


def test_a_commit_that_fails_is_counted_as_such(faulty: FaultyDialect) -> None:
    meters = Meters()
    store = PeeweeStore(faulty, meters=meters)
    agent = new_agent(store, new_organization(store))
    faulty.fail("COMMIT", StoreFailure("the disk is gone"))
    with pytest.raises(ServiceError):
        create(store, a_session(agent))
    faulty.heal()
    create(store, a_session(agent))
    assert {key: found.count for key, found in meters.commits.totals().items()} == {"ok": 3, "failed": 1}
    store.close()


def test_a_store_with_too_much_to_do_is_well(faulty: FaultyDialect) -> None:
    store = PeeweeStore(faulty, longest_queue=0)
    with pytest.raises(ServiceError) as full:
        store.agents.update(bytes(16), bytes(16), lambda agent: agent, math.inf)
    assert full.value.reason is Reason.QUEUE_FULL
    assert store.is_healthy()
    store.close()
