"""DiffAgentVersions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.core.agent_version import AgentChange, diff
from server.core.store import Store
from server.usecases.bound_agent import find_version


@dataclass(frozen=True, slots=True)
class DiffAgentVersions:
    """Compares two versions of an agent. Thread-safe."""

    store: Store

    def __call__(self, organization_id: bytes, agent_id: bytes, old: int, new: int) -> Sequence[AgentChange]:
        """What differs, by path. Raises AGENT_NOT_FOUND and AGENT_VERSION_NOT_FOUND."""
        one = find_version(self.store, organization_id, agent_id, old)
        return diff(one, find_version(self.store, organization_id, agent_id, new))
