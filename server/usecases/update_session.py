"""UpdateSession: the named fields of a session are changed, and no other."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from server.core.clock import Clock, after
from server.core.effective_config import LayerName
from server.core.errors import session_not_found
from server.core.ids import format_id
from server.core.merge import Layers, Merge, refuse
from server.core.session import Session, SessionSpec, SessionView
from server.core.store import SessionRow, Store
from server.usecases.get_session import view


@dataclass(frozen=True, slots=True)
class UpdateSession:
    """Changes a session. Thread-safe."""

    store: Store
    merge: Merge
    clock: Clock

    def __call__(
        self,
        organization_id: bytes,
        id: bytes,
        spec: SessionSpec,
        fields: AbstractSet[str],
        deadline: float,
        key_id: bytes,
    ) -> SessionView:
        """The session as it is now, to an API key. `fields` are names of SessionSpec, neither agent_id nor
        agent_name among them.

        Raises SESSION_NOT_FOUND, for new capabilities whatever `merge.refuse` does, and what
        `core.store.Sessions.update` raises.
        """
        values = {name: getattr(spec, name) for name in fields}

        def change(row: SessionRow) -> Session:
            if not fields:
                return row.session
            if "capabilities" in fields:
                layers = Layers(agent=row.agent_capabilities, session=spec.capabilities)
                refuse(self.merge(layers), LayerName.SESSION)
            updated_at = after(row.session.updated_at, self.clock())
            return replace(row.session, **values, updated_at=updated_at)

        row = self.store.sessions.update(organization_id, id, change, deadline, key_id)
        if row is None:
            raise session_not_found(format_id("session", id))
        return view(self.merge, row)
