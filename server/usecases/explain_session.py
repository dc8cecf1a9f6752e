"""ExplainSession: why a session runs with what it runs with."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.explanation import Explanation, explain
from server.core.session import Session
from server.usecases.get_runtime_agent import GetRuntimeAgent


@dataclass(frozen=True, slots=True)
class ExplainedSession:
    """A session, and why it runs with what it runs with."""

    session: Session
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class ExplainSession:
    """Explains what GetRuntimeAgent answers. Thread-safe."""

    get_runtime_agent: GetRuntimeAgent

    def __call__(self, organization_id: bytes, id: bytes) -> ExplainedSession:
        """The explanation. Raises SESSION_NOT_FOUND."""
        found = self.get_runtime_agent(organization_id, id)
        return ExplainedSession(found.session, explain(found.runtime_agent))
