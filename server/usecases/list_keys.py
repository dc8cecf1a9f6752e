"""ListKeys."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.caller import ApiKey
from server.core.page import Page, PageRequest
from server.core.store import Store


@dataclass(frozen=True, slots=True)
class ListKeys:
    """Reads a page of keys. Thread-safe."""

    store: Store

    def __call__(self, organization_id: bytes, include_revoked: bool, page: PageRequest) -> Page[ApiKey]:
        """The page, the newest first."""
        return self.store.keys.list(organization_id, include_revoked, page)
