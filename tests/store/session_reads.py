"""What every read of sessions sees, beside the model of them, whatever was done before."""

from __future__ import annotations

from collections import Counter

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from server.core.page import PageRequest
from server.core.session import SessionFilter, SessionStatus
from server.core.session_store import SessionRow
from server.core.store import Store
from tests.store.examples import an_agent, new_agent, new_key, new_organization
from tests.store.listing import lets_session_through, newest_first, read_all, sessions
from tests.store.session_model import Modelled, SessionModel, told
from tests.store.strategies import FEW_TAGS, SESSION_STATUSES
from tests.store.turns import StandingClock

AGENTS = st.sampled_from([0, 1, 0, 1, 2])
"""The place of an agent; the last is not kept."""

SEARCHES = st.sampled_from(["", "one", "TWO", "%", "Ö", "x"])


class SessionReads(RuleBasedStateMachine):
    """Reads in an organization of its own, in a time that a machine moves."""

    def __init__(self, store: Store, clock: StandingClock) -> None:
        super().__init__()
        self.store = store
        self.organization = new_organization(store)
        self.agents = [new_agent(store, self.organization) for _ in range(2)]
        self.agents.append(an_agent(self.organization))
        self.clock = clock
        self.model = SessionModel()
        self.key = new_key(store, self.organization)

    def find(self, id: bytes) -> Modelled | None:
        """The session as it ought to be now."""
        return self.model.find(id, self.clock())

    def row(self, one: Modelled) -> SessionRow:
        """How the key sees a session."""
        return SessionRow(one.session, self.agents[0].capabilities, one.pinned)

    @rule(
        agent=st.none() | AGENTS,
        search=SEARCHES,
        tags=FEW_TAGS,
        status=st.none() | SESSION_STATUSES,
        pinned=st.booleans(),
        size=st.integers(1, 5),
    )
    def list_sessions(
        self,
        agent: int | None,
        search: str,
        tags: tuple[str, ...],
        status: SessionStatus | None,
        pinned: bool,
        size: int,
    ) -> None:
        agent_id = None if agent is None else self.agents[agent].id
        filter = SessionFilter(agent_id, search, tags, status, pinned=pinned)
        kept = [one.session for one in self.model.seen(self.clock()) if one.pinned or not pinned]
        expected = newest_first(session for session in kept if lets_session_through(filter, session))
        pages = sessions(self.store, self.organization, filter, self.key.id)
        assert read_all(pages, size) == expected
        assert pages(PageRequest(size)).total == len(expected)

    @invariant()
    def every_read_sees_what_the_model_does(self) -> None:
        seen = self.model.seen(self.clock())
        rows = {one.session.id: self.row(one) for one in seen}
        here = [row.session for row in rows.values()]
        assert read_all(sessions(self.store, self.organization, SessionFilter())) == newest_first(here)
        assert self.store.bulk.get_all(self.organization, self.model.ids, self.key.id) == rows
        by_id = sorted(here, key=lambda session: session.id)
        assert self.store.bulk.export(self.organization, bytes(16), 1000) == by_id
        for id in self.model.ids:
            assert self.store.sessions.get(self.organization, id, self.key.id) == rows.get(id)
        for one in seen:
            turns = self.store.turns.list(self.organization, one.session.id, PageRequest(100))
            assert list(turns.items) == one.turns[::-1]

    @invariant()
    def counts_are_of_what_is_seen(self) -> None:
        here = [one.session for one in self.model.seen(self.clock())]
        for agent_id in (None, *(agent.id for agent in self.agents)):
            statuses = Counter(s.status for s in here if agent_id in (None, s.agent_id))
            page = self.store.sessions.list(self.organization, SessionFilter(agent_id), PageRequest(1))
            assert page.total == statuses.total()
            counts = self.store.sessions.counts(self.organization, agent_id)
            assert {status: count for status, count in counts.items() if count} == statuses

    @invariant()
    def who_was_told_everything_sees_the_same(self) -> None:
        known = told(self.store.session_events.after(self.organization, 0, 10_000))
        here = {id: session for id, session in known.items() if session.is_there(self.clock())}
        assert here == {one.session.id: one.session for one in self.model.seen(self.clock())}
