"""PreviewSession: a session is drafted, and shown."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.merge import Merge
from server.core.model import ModelTable
from server.core.runtime_agent import RuntimeAgent, RuntimeSettings, compose
from server.core.session import SessionSpec, SessionView
from server.core.store import Store
from server.usecases.bound_agent import named_agent, pinned_agent
from server.usecases.draft_session import draft_session


@dataclass(frozen=True, slots=True)
class Preview:
    """A session as it would be, without id and times, and what a worker would run for it."""

    view: SessionView
    runtime_agent: RuntimeAgent


@dataclass(frozen=True, slots=True)
class PreviewSession:
    """Shows a session that is not created; writes nothing. Thread-safe."""

    store: Store
    merge: Merge
    models: ModelTable
    default_model: str | None

    def __call__(self, organization_id: bytes, spec: SessionSpec) -> Preview:
        """The preview. Raises AGENT_VERSION_NOT_FOUND, and what `draft_session` raises."""
        agent = named_agent(self.store, organization_id, spec)
        if agent is not None and spec.pin is not None:
            agent = pinned_agent(self.store, agent, spec.pin)
        draft = draft_session(self.merge, self.models, agent, spec)
        settings = RuntimeSettings(
            agent_prompt=draft.agent.system_prompt,
            agent_model=draft.agent.default_model_id,
            session_model=spec.model_id,
            server_model=self.default_model,
            max_iterations=draft.agent.max_iterations,
            models=self.models,
        )
        view = SessionView(draft.session, draft.merged.features)
        return Preview(view, compose(draft.merged, settings))
