"""Each key has pins of its own, and they go with their sessions and keys."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import pytest

from server.core.caller import ApiKey
from server.core.errors import Reason, ServiceError
from server.core.ids import new_id
from server.core.page import PageRequest
from server.core.session import Session, SessionFilter
from server.core.session_store import SessionRow
from server.core.store import Store
from server.store import models
from server.store.table_rows import TableRows
from tests.store.at_once import at_once, outcomes
from tests.store.backends import Backend
from tests.store.examples import a_key, new_agent, new_organization, new_session, now
from tests.store.writes import new_kept


def new_key(store: Store, organization_id: bytes) -> ApiKey:
    """A key that is kept."""
    key = a_key(organization_id)
    store.keys.create(key)
    return key


def get(store: Store, session: Session, key: ApiKey) -> SessionRow:
    """The session, as it is to a key."""
    row = store.sessions.get(session.organization_id, session.id, key.id)
    assert row is not None
    return row


def pinned(store: Store, key: ApiKey) -> list[bytes]:
    """The ids of what a key has pinned, as a list filtered by that has them."""
    page = store.sessions.list(key.organization_id, SessionFilter(pinned=True), PageRequest(), key.id)
    assert all(row.is_pinned for row in page.items)
    assert page.total == len(page.items)
    return [row.session.id for row in page.items]


def test_a_pin_is_one_keys_own_and_pinning_again_changes_nothing(store: Store) -> None:
    organization = new_organization(store)
    session = new_session(store, new_agent(store, organization))
    mine, other = new_key(store, organization), new_key(store, organization)
    for _ in range(2):
        assert store.sessions.pin(organization, session.id, mine.id, math.inf)
        assert get(store, session, mine) == replace(get(store, session, other), is_pinned=True)
        assert (pinned(store, mine), pinned(store, other)) == ([session.id], [])
    assert store.sessions.get(organization, session.id) == get(store, session, other)
    assert store.sessions.unpin(organization, session.id, other.id, math.inf)
    assert pinned(store, mine) == [session.id]
    for _ in range(2):
        assert store.sessions.unpin(organization, session.id, mine.id, math.inf)
        assert not get(store, session, mine).is_pinned
        assert pinned(store, mine) == []


def test_a_change_says_whether_the_session_is_pinned(store: Store) -> None:
    organization = new_organization(store)
    session = new_session(store, new_agent(store, organization))
    mine, other = new_key(store, organization), new_key(store, organization)
    store.sessions.pin(organization, session.id, mine.id, math.inf)
    for key, expected in ((mine, True), (other, False)):
        row = store.sessions.update(organization, session.id, lambda row: row.session, math.inf, key.id)
        assert row is not None
        assert row.is_pinned is expected


def test_what_is_not_there_cannot_be_pinned(store: Store) -> None:
    key = new_key(store, new_organization(store))
    nowhere = new_id(now())
    assert not store.sessions.pin(key.organization_id, nowhere, key.id, math.inf)
    assert not store.sessions.unpin(key.organization_id, nowhere, key.id, math.inf)


def test_a_key_that_is_gone_pins_nothing(store: Store) -> None:
    session = new_session(store, new_agent(store, new_organization(store)))
    with pytest.raises(ServiceError) as error:
        store.sessions.pin(session.organization_id, session.id, new_id(now()), math.inf)
    assert error.value.reason is Reason.API_KEY_INVALID


def test_pins_go_with_their_session_and_with_their_key(backend: Backend) -> None:
    store = backend.open()
    organization = new_organization(store)
    agent = new_agent(store, organization)
    going, staying = new_session(store, agent), new_session(store, agent)
    keys = [new_key(store, organization) for _ in range(2)]
    for key in keys:
        for session in (going, staying):
            store.sessions.pin(organization, session.id, key.id, math.inf)
    pins = TableRows(backend.dialect(), models.SessionPin)
    assert pins.count() == 4
    assert store.sessions.delete(organization, going.id, math.inf)
    assert pins.count() == 2
    assert [pinned(store, key) for key in keys] == [[staying.id]] * 2
    database = backend.dialect().database
    database.execute_sql(f"DELETE FROM api_key WHERE name = '{keys[0].name}'")
    assert [pinned(store, key) for key in keys] == [[], [staying.id]]


def test_pinned_at_once_by_many_it_is_pinned_once(store: Store) -> None:
    kept = new_kept(store)
    organization = kept.organization_id
    assert all(
        at_once(16, lambda _: store.sessions.pin(organization, kept.session.id, organization, math.inf))
    )
    page = store.sessions.list(organization, SessionFilter(pinned=True), PageRequest(), organization)
    assert [row.session for row in page.items] == [kept.session]


def test_pinned_while_it_is_deleted_no_pin_is_left(backend: Backend) -> None:
    stores = backend.open(), backend.open()
    organization = new_organization(stores[0])
    agent = new_agent(stores[0], organization)
    key = new_key(stores[0], organization)
    for _ in range(20):
        session = new_session(stores[0], agent)

        def write(number: int, id: bytes = session.id) -> bool:
            if number:
                return stores[1].sessions.pin(organization, id, key.id, math.inf)
            return stores[0].sessions.delete(organization, id, math.inf)

        results = outcomes(2, write)
        assert results[0] is True
        assert results[1] in (True, False)
    assert pinned(stores[0], key) == []
    assert TableRows(backend.dialect(), models.SessionPin).count() == 0


def test_nothing_is_pinned_after_the_deadline(store: Store) -> None:
    kept = new_kept(store)
    for write in (store.sessions.pin, store.sessions.unpin):
        with pytest.raises(ServiceError) as error:
            write(kept.organization_id, kept.session.id, kept.organization_id, time.monotonic() - 1)
        assert error.value.reason is Reason.DEADLINE_EXCEEDED
