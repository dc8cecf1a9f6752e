"""A new key of an organization, which is made if there is none of its name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from server.core.api_key import digest, new_key
from server.core.caller import ApiKey, Organization, Scope
from server.core.clock import Clock
from server.core.ids import new_id
from server.core.store import Store


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key as it is shown once, and the organization it opens."""

    key: str
    organization: Organization


@dataclass(frozen=True, slots=True)
class CreateKey:
    """Makes a key. Thread-safe."""

    store: Store
    clock: Clock

    def __call__(self, organization: str, name: str, scopes: Iterable[Scope]) -> NewKey:
        """The key; only its SHA-256 is kept."""
        now = self.clock()
        owner = self.store.keys.create_organization(Organization(new_id(now), organization, now))
        key = new_key()
        self.store.keys.create(ApiKey(owner.id, new_id(now), name, digest(key), frozenset(scopes), now))
        return NewKey(key, owner)
