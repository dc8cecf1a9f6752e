"""ExportSessions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from server.core.session import Session
from server.core.store import Store
from server.core.transfer import as_exported

PAGE = 100
"""How many sessions are read at a time."""


@dataclass(frozen=True, slots=True)
class ExportSessions:
    """Reads all sessions of an organization. Thread-safe."""

    store: Store

    def total(self, organization_id: bytes) -> int:
        """How many sessions there are."""
        return sum(self.store.sessions.counts(organization_id, None).values())

    def __call__(self, organization_id: bytes, after: bytes) -> Iterator[Sequence[Session]]:
        """Those after an id as they are exported, the oldest first, a page at a time. Nothing of the database
        is held between pages."""
        while page := self.store.bulk.export(organization_id, after, PAGE):
            yield [as_exported(session) for session in page]
            after = page[-1].id
