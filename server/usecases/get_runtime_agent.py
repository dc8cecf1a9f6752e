"""GetRuntimeAgent: what a worker runs for a session."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.errors import session_not_found
from server.core.ids import format_id
from server.core.merge import Layers, Merge
from server.core.model import ModelTable
from server.core.runtime_agent import RuntimeAgent, RuntimeSettings, compose
from server.core.session import Session
from server.core.store import Store


@dataclass(frozen=True, slots=True)
class SessionRuntime:
    """A session, and what a worker runs for it."""

    session: Session
    runtime_agent: RuntimeAgent


@dataclass(frozen=True, slots=True)
class GetRuntimeAgent:
    """Merges a session's layers. Thread-safe."""

    store: Store
    merge: Merge
    models: ModelTable
    default_model: str | None

    def __call__(self, organization_id: bytes, id: bytes) -> SessionRuntime:
        """The runtime, with whatever is wrong in its problems. Raises SESSION_NOT_FOUND."""
        row = self.store.sessions.get(organization_id, id)
        if row is None:
            raise session_not_found(format_id("session", id))
        session = row.session
        agent = self.store.agents.get(organization_id, session.agent_id)
        if agent is None:
            raise LookupError("a session refers to its agent, and agents are never removed")
        settings = RuntimeSettings(
            agent_prompt=agent.system_prompt,
            agent_model=agent.default_model_id,
            session_model=session.model_id,
            server_model=self.default_model,
            max_iterations=agent.max_iterations,
            models=self.models,
        )
        merged = self.merge(Layers(agent=agent.capabilities, session=session.capabilities))
        return SessionRuntime(session, compose(merged, settings))
