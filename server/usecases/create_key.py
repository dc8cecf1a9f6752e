"""CreateKey: of an organization that calls, or of one by its name, which the command line makes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from server.core.api_key import digest, new_key
from server.core.audit import Actor
from server.core.caller import ApiKey, IssuedKey, KeySpec, Organization, Scope
from server.core.clock import Clock
from server.core.errors import invalid_field
from server.core.ids import new_id
from server.core.store import Store


@dataclass(frozen=True, slots=True)
class IssueKey:
    """Makes a key of an organization that there is. Thread-safe."""

    store: Store
    clock: Clock

    def __call__(
        self, organization_id: bytes, spec: KeySpec, deadline: float, actor: Actor | None = None
    ) -> IssuedKey:
        """The key, and its secret, of which only the SHA-256 is kept.

        Raises INVALID_FIELD for an expiry that has passed, and what `core.key_store.Keys.create` raises.
        """
        now = self.clock()
        if spec.expires_at is not None and spec.expires_at <= now:
            raise invalid_field("expires_at", "must be a time to come")
        secret = new_key()
        key = ApiKey(
            organization_id, new_id(now), spec.name, digest(secret), spec.scopes, now, spec.expires_at
        )
        self.store.keys.create(key, deadline, actor)
        return IssuedKey(key, secret)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key as it is shown once, and the organization it opens."""

    key: str = field(repr=False)
    organization: Organization


@dataclass(frozen=True, slots=True)
class CreateKey:
    """Makes a key of an organization, which is made if there is none of its name. Thread-safe."""

    store: Store
    clock: Clock

    def __call__(
        self,
        organization: str,
        name: str,
        scopes: Iterable[Scope],
        expires_at: int | None = None,
        actor: Actor | None = None,
    ) -> NewKey:
        """The key; only its SHA-256 is kept. Raises as IssueKey."""
        now = self.clock()
        owner = self.store.keys.create_organization(Organization(new_id(now), organization, now))
        spec = KeySpec(name, frozenset(scopes), expires_at)
        issued = IssueKey(self.store, self.clock)(owner.id, spec, math.inf, actor)
        return NewKey(issued.secret, owner)
