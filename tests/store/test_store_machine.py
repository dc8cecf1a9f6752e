"""Whatever is done in whatever order, the store has what a plain Python model has."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from server.core.agent import Agent, AgentFilter, AgentStatus
from server.core.agent_version import version_of
from server.core.errors import Reason, ServiceError
from server.core.once import Replay
from server.core.page import PageRequest
from server.core.session import Session, SessionFilter, SessionStatus
from server.core.session_store import SessionRow
from server.core.store import Store
from tests.store.examples import a_key, a_session, an_agent, answer, create, new_organization, once
from tests.store.listing import (
    agents,
    lets_agent_through,
    lets_session_through,
    newest_first,
    read_all,
    sessions,
)
from tests.store.strategies import FEW_TAGS, SESSION_STATUSES

NAMES = st.sampled_from(["one", "two", "Two", "three"])
TITLES = st.sampled_from([None, "One", "ONE two", "%", "zwölf"])
KEYS = st.none() | st.sampled_from(["first", "second", "third"])
SEARCHES = st.sampled_from(["", "one", "TWO", "%", "Ö", "x"])


class Gone(Exception):
    """What a change raises that comes to nothing."""


class StoreMachine(RuleBasedStateMachine):
    """Works in an organization of its own."""

    agent_ids = Bundle("agent_ids")
    session_ids = Bundle("session_ids")

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.organization = new_organization(store)
        self.agents: dict[bytes, Agent] = {}
        self.sessions: dict[bytes, Session] = {}
        self.answers: dict[str | None, tuple[str, bytes]] = {}
        self.key = a_key(self.organization)
        store.keys.create(self.key)
        self.pinned: set[bytes] = set()

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

    @rule(
        target=session_ids,
        agent_id=agent_ids,
        title=TITLES,
        tags=FEW_TAGS,
        status=SESSION_STATUSES,
        key=KEYS,
        content=st.sampled_from(["same", "other"]),
    )
    def create_session(
        self,
        agent_id: bytes,
        title: str | None,
        tags: tuple[str, ...],
        status: SessionStatus,
        key: str | None,
        content: str,
    ) -> bytes:
        agent = replace(an_agent(self.organization), id=agent_id)
        session = a_session(agent, title, tags, status)

        def write() -> Session | Replay:
            return create(self.store, session, once(key, content) if key else None)

        if key in self.answers:
            first_content, first_answer = self.answers[key]
            if content == first_content:
                assert write() == Replay(first_answer)
            else:
                self.refused(Reason.IDEMPOTENCY_KEY_REUSED, write)
        elif agent_id not in self.agents:
            self.refused(Reason.AGENT_NOT_FOUND, write)
        else:
            assert write() == session
            self.sessions[session.id] = session
            if key:
                self.answers[key] = (content, answer(session))
        return session.id

    @rule(id=session_ids, title=TITLES, tags=FEW_TAGS, status=SESSION_STATUSES, fails=st.booleans())
    def update_session(
        self, id: bytes, title: str | None, tags: tuple[str, ...], status: SessionStatus, fails: bool
    ) -> None:
        before = self.sessions.get(id)

        def change(row: SessionRow) -> Session:
            assert row.session == before
            if fails:
                raise Gone
            return replace(row.session, title=title, tags=tags, status=status)

        try:
            row = self.store.sessions.update(self.organization, id, change, math.inf, self.key.id)
        except Gone:
            row = None
        if before is None or fails:
            assert row is None
        else:
            self.sessions[id] = replace(before, title=title, tags=tags, status=status)
            layer = self.agents[before.agent_id].capabilities
            assert row == SessionRow(self.sessions[id], layer, id in self.pinned)

    @rule(id=session_ids)
    def delete_session(self, id: bytes) -> None:
        was_there = self.sessions.pop(id, None) is not None
        self.pinned.discard(id)
        assert self.store.sessions.delete(self.organization, id, math.inf) is was_there

    @rule(id=session_ids, pin=st.booleans())
    def pin_session(self, id: bytes, pin: bool) -> None:
        write = self.store.sessions.pin if pin else self.store.sessions.unpin
        assert write(self.organization, id, self.key.id, math.inf) is (id in self.sessions)
        self.pinned.discard(id)
        if pin and id in self.sessions:
            self.pinned.add(id)

    @rule(id=session_ids)
    def get_session(self, id: bytes) -> None:
        row = self.store.sessions.get(self.organization, id, self.key.id)
        assert (row and row.session) == self.sessions.get(id)
        assert (row is not None and row.is_pinned) == (id in self.pinned)

    @rule(
        agent_id=st.none() | agent_ids,
        search=SEARCHES,
        tags=FEW_TAGS,
        status=st.none() | SESSION_STATUSES,
        pinned=st.booleans(),
        size=st.integers(1, 5),
    )
    def list_sessions(
        self,
        agent_id: bytes | None,
        search: str,
        tags: tuple[str, ...],
        status: SessionStatus | None,
        pinned: bool,
        size: int,
    ) -> None:
        filter = SessionFilter(agent_id, search, tags, status, pinned=pinned)
        kept = [s for s in self.sessions.values() if not pinned or s.id in self.pinned]
        expected = newest_first(s for s in kept if lets_session_through(filter, s))
        pages = sessions(self.store, self.organization, filter, self.key.id)
        assert read_all(pages, size) == expected
        assert pages(PageRequest(size)).total == len(expected)

    @rule(search=SEARCHES, include_archived=st.booleans(), size=st.integers(1, 5))
    def list_agents(self, search: str, include_archived: bool, size: int) -> None:
        filter = AgentFilter(search, include_archived)
        expected = [
            agent for agent in newest_first(self.agents.values()) if lets_agent_through(filter, agent)
        ]
        pages = agents(self.store, self.organization, filter)
        assert read_all(pages, size) == expected
        assert pages(PageRequest(size)).total == len(expected)

    @invariant()
    def holds_what_the_model_does(self) -> None:
        listed = sessions(self.store, self.organization, SessionFilter())
        assert read_all(listed) == newest_first(self.sessions.values())
        assert listed(PageRequest(1)).total == len(self.sessions)
        for id in self.agents:
            page = self.store.sessions.list(self.organization, SessionFilter(agent_id=id), PageRequest(1))
            assert page.total == sum(session.agent_id == id for session in self.sessions.values())
            counts = self.store.sessions.counts(self.organization, id)
            statuses = Counter(s.status for s in self.sessions.values() if s.agent_id == id)
            assert {status: count for status, count in counts.items() if count} == statuses


def next_agent(before: Agent, changed: Agent) -> Agent:
    """The agent after a change, of another version if the machine has changed what a caller may."""
    seen = [(agent.name, agent.system_prompt, agent.capabilities) for agent in (before, changed)]
    return replace(changed, version=before.version + (seen[0] != seen[1]))


def test_the_store_does_as_the_model(store: Store) -> None:
    class InThisStore(StoreMachine):
        def __init__(self) -> None:
            super().__init__(store)

    run_state_machine_as_test(
        InThisStore,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
