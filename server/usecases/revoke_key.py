"""RevokeKey: a key ends for good."""

from __future__ import annotations

from dataclasses import dataclass, replace

from server.core.audit import Actor
from server.core.caller import ApiKey
from server.core.clock import Clock
from server.core.errors import Reason, Resource, ServiceError, key_not_found
from server.core.ids import format_id
from server.core.store import Store


@dataclass(frozen=True, slots=True)
class RevokeKey:
    """Revokes a key. Thread-safe."""

    store: Store
    clock: Clock

    def __call__(
        self,
        organization_id: bytes,
        id: bytes,
        calling_key: bytes | None,
        deadline: float,
        actor: Actor | None = None,
    ) -> None:
        """Returns when it is revoked. `calling_key` is the id of the key that the call was made with, None
        on the command line: it cannot be revoked, so that an organization never loses its last admin so.

        Raises KEY_NOT_FOUND, for a key that is revoked already too, KEY_IN_USE, and what
        `core.key_store.Keys.update` raises.
        """
        public_id = format_id("key", id)
        if id == calling_key:
            text = f"the call was made with the key {public_id}, which cannot revoke itself"
            raise ServiceError(Reason.KEY_IN_USE, text, resource=Resource("key", public_id))

        def change(key: ApiKey) -> ApiKey:
            if key.revoked_at is not None:
                raise key_not_found(public_id)
            return replace(key, revoked_at=self.clock())

        if self.store.keys.update(organization_id, id, change, deadline, actor) is None:
            raise key_not_found(public_id)
