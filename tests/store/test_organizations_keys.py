"""Organizations, and the keys that open them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.core.caller import Scope
from server.core.store import Store
from tests.store.examples import a_key, an_organization, new_organization


def test_an_organization_is_found_by_its_name(store: Store) -> None:
    organization = an_organization()
    assert store.keys.create_organization(organization) == organization
    assert store.keys.find_organization(organization.name) == organization


@pytest.mark.parametrize("name", ["ÅŁŻ 組織 🏢", "  a\tb\n", "%", "' OR 1=1 --", "x" * 2048])
def test_an_organization_has_any_name(store: Store, name: str) -> None:
    organization = replace(an_organization(), name=name)
    store.keys.create_organization(organization)
    assert store.keys.find_organization(name) == organization


def test_an_unknown_name_finds_no_organization(store: Store) -> None:
    organization = store.keys.create_organization(an_organization())
    assert store.keys.find_organization(organization.name.upper()) is None
    assert store.keys.find_organization("") is None


def test_a_second_organization_of_a_name_is_the_first(store: Store) -> None:
    first = store.keys.create_organization(an_organization())
    again = replace(an_organization(), name=first.name)
    assert store.keys.create_organization(again) == first
    assert store.keys.find_organization(first.name) == first


@pytest.mark.parametrize("scopes", [frozenset[Scope](), frozenset({Scope.ADMIN}), frozenset(Scope)])
@pytest.mark.parametrize("expires_at", [None, 0, 2**53])
def test_a_key_is_found_by_its_digest(store: Store, scopes: frozenset[Scope], expires_at: int | None) -> None:
    key = replace(a_key(new_organization(store)), name="ключ 🔑", scopes=scopes, expires_at=expires_at)
    store.keys.create(key)
    assert store.keys.find(key.sha256) == key


def test_an_unknown_digest_finds_no_key(store: Store) -> None:
    key = a_key(new_organization(store))
    store.keys.create(key)
    assert store.keys.find(key.sha256[:-1] + bytes([key.sha256[-1] ^ 1])) is None
    assert store.keys.find(b"") is None


def test_an_organization_has_many_keys(store: Store) -> None:
    first, second = new_organization(store), new_organization(store)
    keys = [a_key(first), a_key(first), a_key(second)]
    for key in keys:
        store.keys.create(key)
    assert [store.keys.find(key.sha256) for key in keys] == keys
