"""GetKey."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.caller import ApiKey
from server.core.errors import key_not_found
from server.core.ids import format_id
from server.core.store import Store


@dataclass(frozen=True, slots=True)
class GetKey:
    """Reads a key. Thread-safe."""

    store: Store

    def __call__(self, organization_id: bytes, id: bytes) -> ApiKey:
        """The key, expired and revoked ones too. Raises KEY_NOT_FOUND."""
        key = self.store.keys.get(organization_id, id)
        if key is None:
            raise key_not_found(format_id("key", id))
        return key
