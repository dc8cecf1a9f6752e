"""BatchGetSessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.core.errors import Reason, Violation, invalid
from server.core.ids import format_id
from server.core.merge import Merge
from server.core.session import SessionView
from server.core.store import Store
from server.usecases.get_session import view


@dataclass(frozen=True, slots=True)
class BatchGetSessions:
    """Reads many sessions. Thread-safe."""

    store: Store
    merge: Merge

    def __call__(self, organization_id: bytes, ids: Sequence[bytes], key_id: bytes) -> list[SessionView]:
        """The sessions in the order of the ids, as they are to an API key.

        Raises SESSION_NOT_FOUND with a violation for each that there is not.
        """
        found = self.store.bulk.get_all(organization_id, list(dict.fromkeys(ids)), key_id)
        missing = [
            Violation(
                f"ids[{place}]", f"there is no session {format_id('session', id)}", Reason.SESSION_NOT_FOUND
            )
            for place, id in enumerate(ids)
            if id not in found
        ]
        if missing:
            raise invalid(missing)
        return [view(self.merge, found[id]) for id in ids]
