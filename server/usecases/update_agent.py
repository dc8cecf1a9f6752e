"""UpdateAgent: the named fields of an agent are changed, and no other."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.agent import Agent
from server.core.audit import Actor
from server.core.clock import Clock
from server.core.errors import agent_not_found
from server.core.ids import format_id
from server.core.merge import Merge
from server.core.model import ModelTable
from server.core.store import Store
from server.usecases.changed_agent import AgentUpdate, change_of, draft_change


@dataclass(frozen=True, slots=True)
class UpdateAgent:
    """Changes an agent. Thread-safe."""

    store: Store
    merge: Merge
    models: ModelTable
    clock: Clock

    def __call__(
        self,
        update: AgentUpdate,
        deadline: float,
        actor: Actor | None = None,
        *,
        validate_only: bool = False,
    ) -> Agent:
        """The agent as it is now; with `validate_only` as it would be, and nothing is written.

        Raises AGENT_NOT_FOUND, AGENT_ARCHIVED, for new capabilities and a new model what `refuse_agent`
        does, and what `core.agent_store.Agents.update` raises.
        """
        change = change_of(update, self.merge, self.models, self.clock)
        if validate_only:
            return draft_change(self.store, update, change)[1]
        agent = self.store.agents.update(update.organization_id, update.id, change, deadline, actor)
        if agent is None:
            raise agent_not_found(format_id("agent", update.id))
        return agent
