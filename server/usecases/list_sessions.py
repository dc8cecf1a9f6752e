"""ListSessions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from server.core.merge import Merge
from server.core.page import Page, PageRequest
from server.core.session import SessionFilter, SessionView
from server.core.store import Store
from server.usecases.get_session import view


@dataclass(frozen=True, slots=True)
class ListSessions:
    """Reads a page of sessions. Thread-safe."""

    store: Store
    merge: Merge

    def __call__(
        self, organization_id: bytes, filter: SessionFilter, page: PageRequest, key_id: bytes
    ) -> Page[SessionView]:
        """The page, the newest first, as it is to an API key."""
        rows = self.store.sessions.list(organization_id, filter, page, key_id)
        return rows.map(partial(view, self.merge))
