"""PreviewAgentUpdate: an agent is changed on paper, and its sessions are looked at."""

from __future__ import annotations

from dataclasses import dataclass, replace

from server.core.agent import Agent
from server.core.clock import Clock
from server.core.environment import Environment
from server.core.impact import Impact, impact
from server.core.layer import Layer
from server.core.page import PageRequest
from server.core.session import Session, SessionFilter
from server.core.store import Store
from server.usecases.changed_agent import AgentUpdate, change_of, draft_change

MOST_EXAMINED = 1000
"""How many sessions a page looks at."""

MOST_DISTINCT = 100
"""How many different sessions, by what they add to their agent, a page merges."""

_BATCH = 100


@dataclass(frozen=True, slots=True)
class SessionImpact:
    """What becomes of a session."""

    session_id: bytes
    impact: Impact


@dataclass(frozen=True, slots=True)
class AgentUpdatePreview:
    """The agent as it would be, and those of the sessions that were looked at that would change.

    `total` counts all sessions of the agent; `next` is the key of the last that was looked at, None when none
    is left.
    """

    agent: Agent
    impacts: tuple[SessionImpact, ...]
    examined: int
    total: int
    next: tuple[int, bytes] | None


@dataclass(frozen=True, slots=True)
class PreviewAgentUpdate:
    """Looks at what UpdateAgent would do; writes nothing. Thread-safe."""

    store: Store
    environment: Environment
    clock: Clock

    def __call__(self, update: AgentUpdate, page: PageRequest) -> AgentUpdatePreview:
        """A page of what becomes of the agent's sessions, the newest first: at most `page.size` that change,
        after the session `page.after`. Raises what UpdateAgent does."""
        change = change_of(update, self.environment.merge, self.environment.models, self.clock)
        agent, changed = draft_change(self.store, update, change)
        examination = _Examination(self.environment, agent, changed)
        filter = SessionFilter(agent_id=agent.id)
        after = page.after
        while True:
            batch = self.store.sessions.list(
                update.organization_id, filter, PageRequest(size=_BATCH, after=after)
            )
            for place, row in enumerate(batch.items):
                after = (row.session.created_at, row.session.id)
                examination.add(row.session)
                if examination.is_enough(page.size):
                    is_last = place == len(batch.items) - 1 and batch.next is None
                    return examination.result(batch.total, None if is_last else after)
            if batch.next is None:
                return examination.result(batch.total, None)


class _Examination:
    """Looks at sessions, one after the other; those that add the same to the agent are merged once."""

    def __init__(self, environment: Environment, agent: Agent, changed: Agent) -> None:
        self._environment = environment
        self._agent = agent
        self._changed = changed
        self._known: dict[tuple[Layer, str | None], Impact | None] = {}
        self._impacts: list[SessionImpact] = []
        self._examined = 0

    def add(self, session: Session) -> None:
        """Looks at a session."""
        self._examined += 1
        if session.pinned_version is not None:
            return
        key = (session.capabilities, session.model_id)
        if key not in self._known:
            runtime = self._environment.runtime_agent
            self._known[key] = impact(runtime(self._agent, session), runtime(self._changed, session))
        found = self._known[key]
        if found is not None:
            self._impacts.append(SessionImpact(session.id, found))

    def is_enough(self, most: int) -> bool:
        """Whether the page ends here."""
        return (
            len(self._impacts) >= most or self._examined >= MOST_EXAMINED or len(self._known) >= MOST_DISTINCT
        )

    def result(self, total: int, next: tuple[int, bytes] | None) -> AgentUpdatePreview:
        """All that was found."""
        # When it would be changed, the change itself would say.
        agent = replace(self._changed, updated_at=self._agent.updated_at)
        return AgentUpdatePreview(agent, tuple(self._impacts), self._examined, total, next)
