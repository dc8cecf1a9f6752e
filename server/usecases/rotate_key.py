"""RotateKey: a key gets a new secret, and the one before works for a while."""

from __future__ import annotations

from dataclasses import dataclass, replace

from server.core.api_key import digest, new_key
from server.core.audit import Actor
from server.core.caller import ApiKey, IssuedKey
from server.core.clock import Clock
from server.core.errors import key_not_found
from server.core.ids import format_id
from server.core.store import Store

DEFAULT_GRACE_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class RotateKey:
    """Gives a key a new secret. Thread-safe."""

    store: Store
    clock: Clock

    def __call__(
        self,
        organization_id: bytes,
        id: bytes,
        grace_seconds: int,
        deadline: float,
        actor: Actor | None = None,
    ) -> IssuedKey:
        """The key and its new secret; the one before works for so many seconds more.

        Raises KEY_NOT_FOUND, for a key that is revoked too, and what `core.key_store.Keys.update` raises.
        """
        secret = new_key()

        def change(key: ApiKey) -> ApiKey:
            if key.revoked_at is not None:
                raise key_not_found(format_id("key", id))
            return replace(
                key,
                sha256=digest(secret),
                previous_sha256=key.sha256,
                previous_expires_at=self.clock() + grace_seconds * 1_000_000,
            )

        key = self.store.keys.update(organization_id, id, change, deadline, actor)
        if key is None:
            raise key_not_found(format_id("key", id))
        return IssuedKey(key, secret)
