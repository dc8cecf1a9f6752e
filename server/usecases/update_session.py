"""UpdateSession: the named fields of a session are changed, and no other."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from server.core.agent import Agent
from server.core.audit import Actor
from server.core.clock import Clock, after
from server.core.effective_config import LayerName
from server.core.errors import session_not_found
from server.core.ids import format_id
from server.core.layer import EMPTY
from server.core.merge import Layers, Merge, refuse
from server.core.model import ModelTable
from server.core.session import Pin, Session, SessionSpec, SessionView
from server.core.session_store import SessionRow
from server.core.store import Store
from server.usecases.bound_agent import agent_of_session, pinned_agent
from server.usecases.get_session import view

_EXPIRY = frozenset({"expires_at", "ttl_seconds"})
"""The two ways to say when a session expires."""


@dataclass(frozen=True, slots=True)
class UpdateSession:
    """Changes a session. Thread-safe."""

    store: Store
    merge: Merge
    models: ModelTable
    clock: Clock

    def __call__(
        self,
        organization_id: bytes,
        id: bytes,
        spec: SessionSpec,
        fields: AbstractSet[str],
        deadline: float,
        key_id: bytes,
        actor: Actor | None = None,
    ) -> SessionView:
        """The session as it is now, to an API key. `fields` are names of SessionSpec, neither agent_id nor
        agent_name among them.

        Raises SESSION_NOT_FOUND, for a new model UNKNOWN_MODEL, for a new version of its agent
        AGENT_VERSION_NOT_FOUND, for that or new capabilities whatever `merge.refuse` does, and what
        `core.session_store.Sessions.update` raises.
        """
        values = {name: getattr(spec, name) for name in fields - _EXPIRY - {"pin"}}
        bound: Agent | None = None
        if "pin" in fields:
            bound = self._bound(organization_id, id, spec.pin)
            values["pinned_version"] = bound.version if spec.pin else None
        wrong = self.models.violations("model_id", spec.model_id if "model_id" in fields else None)

        def change(row: SessionRow) -> Session:
            if not fields:
                return row.session
            if "capabilities" in fields or wrong or bound:
                kept = row.session.capabilities if bound else EMPTY
                layer = spec.capabilities if "capabilities" in fields else kept
                agent = bound.capabilities if bound else row.agent_capabilities
                refuse(self.merge(Layers(agent=agent, session=layer)), LayerName.SESSION, wrong)
            now = self.clock()
            if fields & _EXPIRY:
                values["expires_at"] = spec.expiry(now)
            return replace(row.session, **values, updated_at=after(row.session.updated_at, now))

        row = self.store.sessions.update(organization_id, id, change, deadline, key_id, actor)
        if row is None:
            raise session_not_found(format_id("session", id))
        return view(self.merge, replace(row, agent_capabilities=bound.capabilities) if bound else row)

    def _bound(self, organization_id: bytes, id: bytes, pin: Pin | None) -> Agent:
        """The agent of the version that the session is to run with."""
        row = self.store.sessions.get(organization_id, id)
        if row is None:
            raise session_not_found(format_id("session", id))
        agent = agent_of_session(self.store, row.session)
        return agent if pin is None else pinned_agent(self.store, agent, pin)
