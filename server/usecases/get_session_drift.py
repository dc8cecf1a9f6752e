"""GetSessionDrift: what the agent and the server have changed in what a session runs with."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.drift import Drift, Surroundings, find_drift
from server.core.environment import Environment, read_environment
from server.core.errors import session_not_found
from server.core.ids import format_id
from server.core.session import Session
from server.core.store import Store
from server.usecases.bound_agent import agent_at, agent_of_session


@dataclass(frozen=True, slots=True)
class DriftedSession:
    """A session and its drift; the versions of its agent that it runs with, and that is the latest.

    `environment_known` says whether it is known what the server had when the session was created.
    """

    session: Session
    drift: Drift
    current_version: int
    latest_version: int
    environment_known: bool


@dataclass(frozen=True, slots=True)
class GetSessionDrift:
    """Compares a session with itself as it was created. Thread-safe."""

    store: Store
    environment: Environment
    environment_id: int

    def __call__(self, organization_id: bytes, id: bytes) -> DriftedSession:
        """The drift. Raises SESSION_NOT_FOUND."""
        row = self.store.sessions.get(organization_id, id)
        if row is None:
            raise session_not_found(format_id("session", id))
        session = row.session
        latest = agent_of_session(self.store, session)
        pinned = session.pinned_version
        current = latest if pinned is None else agent_at(self.store, latest, pinned)
        created = agent_at(self.store, latest, session.created_version)
        environment = self._environment(session.environment)
        then = Surroundings(created, environment or self.environment)
        drift = find_drift(session, then, Surroundings(current, self.environment))
        return DriftedSession(session, drift, current.version, latest.version, environment is not None)

    def _environment(self, id: int | None) -> Environment | None:
        if id is None or id == self.environment_id:
            return self.environment if id is not None else None
        text = self.store.environments.get(id)
        return read_environment(text) if text is not None else None
