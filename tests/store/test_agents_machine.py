"""Whatever is done to agents in whatever order, the store has what a plain Python model has."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from server.core.agent import Agent, AgentFilter, AgentStatus
from server.core.agent_version import version_of
from server.core.errors import Reason, ServiceError
from server.core.page import PageRequest
from server.core.store import Store
from tests.store.examples import an_agent, new_organization
from tests.store.listing import agents, lets_agent_through, newest_first, read_all

NAMES = st.sampled_from(["one", "two", "Two", "three"])
SEARCHES = st.sampled_from(["", "one", "TWO", "%", "Ö", "x"])


class AgentsMachine(RuleBasedStateMachine):
    """Works in an organization of its own."""

    agent_ids = Bundle("agent_ids")

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.organization = new_organization(store)
        self.agents: dict[bytes, Agent] = {}

    def refused(self, reason: Reason, write: Callable[[], object]) -> None:
        """The write fails for this reason."""
        try:
            write()
        except ServiceError as error:
            found: Reason | None = error.reason
        else:
            found = None
        assert found is reason

    def named(self, name: str, but: bytes = b"") -> Agent | None:
        """The active agent of a name, other than one."""
        active = [agent for agent in self.agents.values() if agent.status is AgentStatus.ACTIVE]
        return next((agent for agent in active if agent.name == name and agent.id != but), None)

    @initialize(target=agent_ids)
    def begin(self) -> bytes:
        agent = an_agent(self.organization)
        self.agents[agent.id] = agent
        self.store.agents.create(agent, None, math.inf)
        return agent.id

    @rule(target=agent_ids, name=NAMES)
    def create_agent(self, name: str) -> bytes:
        agent = an_agent(self.organization, name)
        if self.named(name):
            self.refused(Reason.AGENT_ALREADY_EXISTS, lambda: self.store.agents.create(agent, None, math.inf))
            return agent.id
        assert self.store.agents.create(agent, None, math.inf) == agent
        self.agents[agent.id] = agent
        return agent.id

    @rule(id=agent_ids, name=NAMES, status=st.sampled_from(AgentStatus))
    def update_agent(self, id: bytes, name: str, status: AgentStatus) -> None:
        def change(agent: Agent) -> Agent:
            return replace(agent, name=name, status=status, updated_at=agent.updated_at + 1)

        def update() -> Agent | None:
            return self.store.agents.update(self.organization, id, change, math.inf)

        before = self.agents.get(id)
        if before is None:
            assert update() is None
        elif status is AgentStatus.ACTIVE and self.named(name, but=id):
            self.refused(Reason.AGENT_ALREADY_EXISTS, update)
        else:
            self.agents[id] = next_agent(before, change(before))
            assert update() == self.agents[id]
            self.has_all_versions(id)

    @rule(name=NAMES)
    def apply_agent_by_name(self, name: str) -> None:
        new = an_agent(self.organization, name)
        found = self.named(name)

        def change(agent: Agent | None) -> Agent:
            assert agent == found
            return replace(new, id=agent.id) if agent else new

        applied = next_agent(found, change(found)) if found else new
        assert self.store.agents.apply(self.organization, None, name, change, None, math.inf) == applied
        self.agents[applied.id] = applied
        self.has_all_versions(applied.id)

    def has_all_versions(self, id: bytes) -> None:
        """Checks that an agent's versions are numbered without a gap, and that it is the last of them."""
        page = self.store.agent_versions.list(self.organization, id, PageRequest(size=1000))
        agent = self.agents[id]
        assert [version.number for version in page.items] == [*range(agent.version, 0, -1)]
        assert replace(page.items[0], created_at=0) == replace(version_of(agent), created_at=0)

    @rule(search=SEARCHES, include_archived=st.booleans(), size=st.integers(1, 5))
    def list_agents(self, search: str, include_archived: bool, size: int) -> None:
        filter = AgentFilter(search, include_archived)
        expected = [
            agent for agent in newest_first(self.agents.values()) if lets_agent_through(filter, agent)
        ]
        pages = agents(self.store, self.organization, filter)
        assert read_all(pages, size) == expected
        assert pages(PageRequest(size)).total == len(expected)


def next_agent(before: Agent, changed: Agent) -> Agent:
    """The agent after a change, of another version if the machine has changed what a caller may."""
    seen = [(agent.name, agent.system_prompt, agent.capabilities) for agent in (before, changed)]
    return replace(changed, version=before.version + (seen[0] != seen[1]))


def test_agents_do_as_the_model(store: Store) -> None:
    class InThisStore(AgentsMachine):
        def __init__(self) -> None:
            super().__init__(store)

    run_state_machine_as_test(
        InThisStore,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
