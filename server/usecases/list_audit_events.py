"""ListAuditEvents."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.audit import AuditEvent, AuditFilter
from server.core.page import Page, PageRequest
from server.core.store import Store


@dataclass(frozen=True, slots=True)
class ListAuditEvents:
    """Reads a page of the audit log. Thread-safe."""

    store: Store

    def __call__(self, organization_id: bytes, filter: AuditFilter, page: PageRequest) -> Page[AuditEvent]:
        """The page, the newest first."""
        return self.store.audit.list(organization_id, filter, page)
