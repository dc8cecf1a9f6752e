"""Keys: listed, changed, and when they were used."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from server.core.caller import ApiKey, KeyUse
from server.core.errors import Reason, ServiceError
from server.core.page import PageRequest
from server.core.store import Store
from tests.store.backends import Backend
from tests.store.examples import a_key, new_organization, now


def new_keys(store: Store, organization_id: bytes, count: int) -> list[ApiKey]:
    """Keys that are kept, the newest first."""
    keys = [a_key(organization_id) for _ in range(count)]
    for key in keys:
        store.keys.create(key)
    return keys[::-1]


def change(store: Store, key: ApiKey, **changes: int | bytes | str) -> ApiKey:
    """Keeps a key with other values."""

    def changed(stored: ApiKey) -> ApiKey:
        assert stored == key
        return replace(stored, **changes)  # type: ignore[arg-type]  # each test gives the types of fields

    updated = store.keys.update(key.organization_id, key.id, changed, math.inf)
    assert updated is not None
    return updated


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_pages_hold_every_key_once_the_newest_first(store: Store, size: int) -> None:
    organization = new_organization(store)
    keys = new_keys(store, organization, 7)
    new_keys(store, new_organization(store), 2)
    found: list[ApiKey] = []
    page = store.keys.list(organization, False, PageRequest(size))
    while True:
        assert page.total == 7
        found += page.items
        if page.next is None:
            break
        page = store.keys.list(organization, False, PageRequest(size, after=page.next))
    assert found == keys
    assert list(store.keys.list(organization, False, PageRequest(2, skip=3)).items) == keys[3:5]


def test_revoked_keys_are_listed_for_who_asks(store: Store) -> None:
    organization = new_organization(store)
    newest, revoked, oldest = new_keys(store, organization, 3)
    revoked = change(store, revoked, revoked_at=now())
    page = store.keys.list(organization, False, PageRequest())
    assert (list(page.items), page.total) == ([newest, oldest], 2)
    page = store.keys.list(organization, True, PageRequest())
    assert (list(page.items), page.total) == ([newest, revoked, oldest], 3)


def test_everything_of_a_key_is_kept(store: Store) -> None:
    [key] = new_keys(store, new_organization(store), 1)
    changed = change(
        store,
        key,
        name="other",
        sha256=b"n" * 32,
        expires_at=1,
        last_used_at=2,
        revoked_at=3,
        previous_sha256=key.sha256,
        previous_expires_at=4,
    )
    assert store.keys.get(key.organization_id, key.id) == changed
    # By either digest.
    assert store.keys.find(key.sha256) == store.keys.find(b"n" * 32) == changed


def test_a_change_that_raises_changes_nothing(store: Store) -> None:
    [key] = new_keys(store, new_organization(store), 1)

    def refuse(stored: ApiKey) -> ApiKey:
        raise ServiceError(Reason.KEY_NOT_FOUND, "no")

    with pytest.raises(ServiceError, match="no"):
        store.keys.update(key.organization_id, key.id, refuse, math.inf)
    assert store.keys.get(key.organization_id, key.id) == key


def test_a_change_after_its_deadline_is_not_made(store: Store) -> None:
    [key] = new_keys(store, new_organization(store), 1)
    with pytest.raises(ServiceError) as error:
        store.keys.update(key.organization_id, key.id, lambda stored: replace(stored, name="late"), 0)
    assert error.value.reason is Reason.DEADLINE_EXCEEDED
    assert store.keys.get(key.organization_id, key.id) == key
    late = a_key(key.organization_id)
    with pytest.raises(ServiceError):
        store.keys.create(late, 0)
    assert store.keys.find(late.sha256) is None


def used(store: Store, keys: Sequence[ApiKey]) -> list[int | None]:
    """When each key was used."""
    found = [store.keys.get(key.organization_id, key.id) for key in keys]
    return [key.last_used_at for key in found if key is not None]


def test_the_last_use_is_kept_and_never_goes_back(store: Store) -> None:
    keys = [*new_keys(store, new_organization(store), 2), *new_keys(store, new_organization(store), 2)]
    for times, expected in [((5, 7), [5, 7, None, None]), ((9, 6), [9, 7, None, None])]:
        uses = [KeyUse(key.organization_id, key.id, at) for key, at in zip(keys, times, strict=False)]
        store.keys.note_uses(uses, math.inf)
        assert used(store, keys) == expected


def test_a_use_of_a_key_that_there_is_not_is_nothing(store: Store) -> None:
    [key] = new_keys(store, new_organization(store), 1)
    store.keys.note_uses([KeyUse(new_organization(store), key.id, 5)], math.inf)
    assert used(store, [key]) == [None]


def test_a_secret_is_made_once_and_shared(backend: Backend) -> None:
    first, second = backend.open(), backend.open()
    secret = first.shared_secret("a")
    assert len(secret) == 32
    assert second.shared_secret("a") == first.shared_secret("a") == secret
    assert second.shared_secret("b") != secret
    first.close()
    assert backend.open().shared_secret("a") == secret
