"""A new key opens its organization, and only its digest is kept."""

from __future__ import annotations

from pathlib import Path

from server.core.api_key import digest, is_well_formed
from server.core.caller import Scope
from server.core.clock import SystemClock
from server.core.store import Store
from server.usecases.authenticate import Authenticate
from server.usecases.create_key import CreateKey


def test_a_key_opens_its_organization_with_its_scopes(store: Store) -> None:
    made = CreateKey(store, SystemClock())("acme", "cli", [Scope.READ, Scope.WORKER])
    assert is_well_formed(made.key)
    caller = Authenticate(store.keys)(made.key)
    assert caller.organization_id == made.organization.id
    assert caller.scopes == {Scope.READ, Scope.WORKER}


def test_an_organization_is_made_once(store: Store) -> None:
    create = CreateKey(store, SystemClock())
    one, again, other = create("acme", "a", Scope), create("acme", "b", Scope), create("globex", "a", Scope)
    assert one.organization == again.organization != other.organization
    assert one.key != again.key
    assert one.organization.name == "acme"


def test_what_is_kept_is_no_key(store: Store, tmp_path: Path) -> None:
    made = CreateKey(store, SystemClock())("acme", "cli", Scope)
    kept = store.keys.find(digest(made.key))
    assert kept is not None
    assert (kept.name, kept.expires_at) == ("cli", None)
    store.close()
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or made.key.encode() not in file.read_bytes()
