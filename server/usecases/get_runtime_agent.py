"""GetRuntimeAgent: what a worker runs for a session."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.environment import Environment
from server.core.errors import session_not_found
from server.core.ids import format_id
from server.core.runtime_agent import RuntimeAgent
from server.core.session import Session
from server.core.store import Store
from server.usecases.bound_agent import bound_agent


@dataclass(frozen=True, slots=True)
class SessionRuntime:
    """A session, and what a worker runs for it."""

    session: Session
    runtime_agent: RuntimeAgent


@dataclass(frozen=True, slots=True)
class GetRuntimeAgent:
    """Merges a session's layers. Thread-safe."""

    store: Store
    environment: Environment

    def __call__(self, organization_id: bytes, id: bytes) -> SessionRuntime:
        """The runtime, with whatever is wrong in its problems. Raises SESSION_NOT_FOUND."""
        row = self.store.sessions.get(organization_id, id)
        if row is None:
            raise session_not_found(format_id("session", id))
        agent = bound_agent(self.store, row.session)
        return SessionRuntime(row.session, self.environment.runtime_agent(agent, row.session))
