"""ListAgentVersions."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.agent_version import AgentVersion, version_of
from server.core.errors import agent_not_found
from server.core.ids import format_id
from server.core.page import Page, PageRequest
from server.core.store import Store


@dataclass(frozen=True, slots=True)
class ListAgentVersions:
    """Reads a page of the versions of an agent. Thread-safe."""

    store: Store

    def __call__(self, organization_id: bytes, agent_id: bytes, page: PageRequest) -> Page[AgentVersion]:
        """The page, the newest first. Raises AGENT_NOT_FOUND."""
        found = self.store.agent_versions.list(organization_id, agent_id, page)
        if found.total > 0:
            return found
        agent = self.store.agents.get(organization_id, agent_id)
        if agent is None:
            raise agent_not_found(format_id("agent", agent_id))
        # As `find_version` has it. A token leads beyond the one that there is.
        return Page((version_of(agent),) if page.after is None and page.skip == 0 else (), 1, None)
