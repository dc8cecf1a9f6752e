"""ListAgents."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.agent import Agent, AgentFilter
from server.core.page import Page, PageRequest
from server.core.store import Store


@dataclass(frozen=True, slots=True)
class ListAgents:
    """Reads a page of agents. Thread-safe."""

    store: Store

    def __call__(self, organization_id: bytes, filter: AgentFilter, page: PageRequest) -> Page[Agent]:
        """The page, the newest first."""
        return self.store.agents.list(organization_id, filter, page)
