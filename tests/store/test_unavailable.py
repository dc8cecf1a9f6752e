"""A database that is locked or cannot be reached is STORE_UNAVAILABLE, and works again afterwards."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import pytest

from server.core.agent import AgentFilter
from server.core.caller import KeyUse
from server.core.errors import Reason, ServiceError
from server.core.page import PageRequest
from server.core.session import SessionFilter
from server.core.store import Store
from server.store.dialect import StoreFailure
from server.store.migrate import migrate
from tests.store.at_once import elsewhere
from tests.store.backends import Backend
from tests.store.examples import a_key, an_organization
from tests.store.writes import WRITES, Kept, Write, everything, new_kept

READS: dict[str, Callable[[Store, Kept], object]] = {
    "agents.get": lambda store, kept: store.agents.get(kept.organization_id, kept.agent.id),
    "agents.find": lambda store, kept: store.agents.find(kept.organization_id, kept.agent.name),
    "agents.list": lambda store, kept: store.agents.list(kept.organization_id, AgentFilter(), PageRequest()),
    "sessions.get": lambda store, kept: store.sessions.get(kept.organization_id, kept.session.id),
    "sessions.list": lambda store, kept: store.sessions.list(
        kept.organization_id, SessionFilter(), PageRequest()
    ),
    "keys.find": lambda store, kept: store.keys.find(b"digest"),
    "keys.get": lambda store, kept: store.keys.get(kept.organization_id, b"k" * 16),
    "keys.list": lambda store, kept: store.keys.list(kept.organization_id, False, PageRequest()),
    "keys.find_organization": lambda store, kept: store.keys.find_organization("name"),
}


def create_key(store: Store, kept: Kept, deadline: float) -> object:
    store.keys.create(a_key(kept.organization_id))
    return None


def note_use(store: Store, kept: Kept, deadline: float) -> object:
    store.keys.note_uses([KeyUse(kept.organization_id, b"k" * 16, 1)], deadline)
    return None


def make_a_secret(store: Store, kept: Kept, deadline: float) -> object:
    return store.shared_secret("name")


def create_organization(store: Store, kept: Kept, deadline: float) -> object:
    return store.keys.create_organization(an_organization())


def is_unavailable(error: ServiceError) -> bool:
    """Whether the error says that the store is not there, and when to ask again."""
    return error.reason is Reason.STORE_UNAVAILABLE and bool(error.retry_after)


@pytest.mark.parametrize("write", [*WRITES, create_key, create_organization, note_use, make_a_secret])
def test_a_write_to_a_locked_database_writes_nothing(
    backend: Backend, monkeypatch: pytest.MonkeyPatch, write: Write
) -> None:
    backend.shorten_waits(monkeypatch)
    store = backend.open()
    kept = new_kept(store)
    before = everything(store, kept.organization_id)
    with backend.locked():
        with pytest.raises(ServiceError) as error:
            write(store, kept, math.inf)
        assert everything(store, kept.organization_id) == before
    assert is_unavailable(error.value)
    assert everything(store, kept.organization_id) == before
    write(store, kept, math.inf)


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_a_read_where_no_connection_can_be_made_fails(
    backend: Backend, read: Callable[[Store, Kept], object]
) -> None:
    store = backend.open()
    kept = new_kept(store)
    found = read(store, kept)
    with backend.unreachable(), pytest.raises(ServiceError) as error:
        elsewhere(partial(read, store, kept))
    assert is_unavailable(error.value)
    assert elsewhere(partial(read, store, kept)) == read(store, kept) == found


def test_a_store_is_healthy_until_it_is_closed(backend: Backend) -> None:
    store = backend.open()
    kept = new_kept(store)
    before = everything(store, kept.organization_id)
    assert store.is_healthy()
    assert everything(store, kept.organization_id) == before
    store.close()
    assert not store.is_healthy()


def test_a_migration_of_a_database_that_cannot_be_reached_fails(backend: Backend) -> None:
    with backend.unreachable(), pytest.raises(StoreFailure) as error:
        migrate(backend.dialect())
    assert is_unavailable(error.value)
    assert migrate(backend.dialect())


def test_a_migration_while_another_takes_too_long_fails(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.shorten_waits(monkeypatch)
    other = backend.dialect()
    with other.migration_lock(), pytest.raises(StoreFailure) as error:
        elsewhere(lambda: migrate(backend.dialect()))
    assert is_unavailable(error.value)
    assert migrate(backend.dialect())
