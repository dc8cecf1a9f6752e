"""CompareSessions: what differs between what two sessions run with."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.comparison import Comparison, compare
from server.usecases.explain_session import ExplainedSession, ExplainSession


@dataclass(frozen=True, slots=True)
class ComparedSessions:
    """Two sessions, each as it is explained, and what differs."""

    a: ExplainedSession
    b: ExplainedSession
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class CompareSessions:
    """Compares two sessions of an organization. Thread-safe."""

    explain_session: ExplainSession

    def __call__(self, organization_id: bytes, a: bytes, b: bytes) -> ComparedSessions:
        """What differs. Raises SESSION_NOT_FOUND, of `a` when neither is there."""
        one, other = self.explain_session(organization_id, a), self.explain_session(organization_id, b)
        return ComparedSessions(one, other, compare(one.explanation, other.explanation))
