"""Whatever is done to sessions in whatever order, the store has what a plain Python model has."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, multiple, rule, run_state_machine_as_test

from server.core.agent import Agent
from server.core.errors import Reason, ServiceError, agent_not_found
from server.core.once import Replay
from server.core.session import Session, SessionStatus
from server.core.session_store import SessionRow
from server.core.store import Store
from server.core.turn import Turn, TurnOutcome, ended
from server.core.turn_store import SessionTurn
from server.store.peewee_store import PeeweeStore
from tests.store.backends import BACKENDS
from tests.store.examples import a_session, a_turn, answer, create, once
from tests.store.session_model import Modelled
from tests.store.session_reads import AGENTS, SessionReads
from tests.store.strategies import FEW_TAGS, SESSION_STATUSES
from tests.store.turns import SECOND, StandingClock

TITLES = st.sampled_from([None, "One", "ONE two", "%", "zwölf"])
KEYS = st.none() | st.sampled_from(["first", "second", "third"])
RETENTION = 10 * SECOND
RETENTIONS = st.sampled_from([RETENTION, 1000 * RETENTION])
LIFETIMES = st.none() | st.sampled_from([1, SECOND, 3 * SECOND])
PAUSES = st.sampled_from([1, SECOND, RETENTION - SECOND, RETENTION])
LEASE = 10_000 * RETENTION
"""Longer than an example lasts."""


class Gone(Exception):
    """What a change raises that comes to nothing."""


class SessionsMachine(SessionReads):
    """Works in an organization of its own, in a time that it moves."""

    session_ids = Bundle("session_ids")

    def __init__(self, store: Store, clock: StandingClock) -> None:
        super().__init__(store, clock)
        self.answers: dict[str | None, tuple[str, bytes]] = {}

    def teardown(self) -> None:
        """Leaves no session that has expired or was deleted, which other examples would count as theirs."""
        self.clock.pass_by(RETENTION)
        while self.store.sessions.hide_expired(100) or self.store.sessions.purge(0, 100):
            pass

    def refused(self, reason: Reason, write: Callable[[], object]) -> None:
        """The write fails for this reason."""
        with pytest.raises(ServiceError) as refusal:
            write()
        assert refusal.value.reason is reason

    def new_session(
        self,
        agent: int,
        title: str | None,
        tags: tuple[str, ...] = (),
        status: SessionStatus = SessionStatus.STARTED,
        lifetime: int | None = None,
    ) -> Session:
        """One that is not kept."""
        at = self.clock()
        self.clock.pass_by(1)
        session = a_session(self.agents[agent], title, tags, status, at)
        return replace(session, expires_at=self.expiry(lifetime))

    def expiry(self, lifetime: int | None) -> int | None:
        """When what lives so long from now on expires."""
        return None if lifetime is None else self.clock() + lifetime

    @rule(
        target=session_ids,
        agent=AGENTS,
        title=TITLES,
        tags=FEW_TAGS,
        status=SESSION_STATUSES,
        lifetime=LIFETIMES,
        key=KEYS,
        content=st.sampled_from(["same", "other"]),
    )
    def create_session(
        self,
        agent: int,
        title: str | None,
        tags: tuple[str, ...],
        status: SessionStatus,
        lifetime: int | None,
        key: str | None,
        content: str,
    ) -> bytes:
        session = self.new_session(agent, title, tags, status, lifetime)

        def write() -> Session | Replay:
            return create(self.store, session, once(key, content) if key else None)

        if key in self.answers:
            first_content, first_answer = self.answers[key]
            if content == first_content:
                assert write() == Replay(first_answer)
            else:
                self.refused(Reason.IDEMPOTENCY_KEY_REUSED, write)
        elif agent == 2:
            self.refused(Reason.AGENT_NOT_FOUND, write)
        else:
            assert write() == session
            self.model.add(session)
            if key:
                self.answers[key] = (content, answer(session))
        return session.id

    @rule(target=session_ids, places=st.lists(AGENTS, min_size=1, max_size=3))
    def create_batch(self, places: list[int]) -> object:
        batch = [self.new_session(place, f"batch {number}") for number, place in enumerate(places)]
        ids = [session.agent_id for session in batch]

        def make(agents: Sequence[Agent | None]) -> list[Session]:
            assert agents == [None if place == 2 else self.agents[place] for place in places]
            if None in agents:
                raise agent_not_found("some")
            return batch

        def write() -> Sequence[SessionRow] | Replay:
            return self.store.bulk.create_all(self.organization, ids, make, None, math.inf)

        if 2 in places:
            self.refused(Reason.AGENT_NOT_FOUND, write)
            return multiple()
        rows = write()
        assert not isinstance(rows, Replay)
        for session, row in zip(batch, rows, strict=True):
            self.model.add(session)
            assert row == self.row(Modelled(session))
        return multiple(*(session.id for session in batch))

    @rule(ids=st.lists(session_ids, min_size=1, max_size=4, unique=True), other=st.booleans())
    def import_lines(self, ids: list[bytes], other: bool) -> None:
        known = [line for id in ids if (line := self.model.line(id, self.clock()))]
        lines = [replace(line, title="other") if other else line for line in known]
        if lines:
            outcomes = self.store.bulk.put_all(self.organization, lines, math.inf)
            found = [one.reason if isinstance(one, ServiceError) else one for one in outcomes]
            assert found == [self.model.put(line, self.clock()) for line in lines]

    @rule(
        id=session_ids,
        title=TITLES,
        tags=FEW_TAGS,
        status=SESSION_STATUSES,
        lifetime=LIFETIMES,
        fails=st.booleans(),
    )
    def update_session(
        self,
        id: bytes,
        title: str | None,
        tags: tuple[str, ...],
        status: SessionStatus,
        lifetime: int | None,
        fails: bool,
    ) -> None:
        one = self.find(id)

        def change(row: SessionRow) -> Session:
            assert one is not None
            assert row == self.row(one)
            if fails:
                raise Gone
            # Only turns move a session that has some.
            now = row.session.status if one.turns else status
            return replace(row.session, title=title, tags=tags, status=now, expires_at=self.expiry(lifetime))

        def update() -> SessionRow | None:
            return self.store.sessions.update(self.organization, id, change, math.inf, self.key.id)

        if one is None:
            assert update() is None
        elif fails:
            with pytest.raises(Gone):
                update()
        else:
            changed = change(self.row(one))
            assert update() == replace(self.row(one), session=changed)
            one.session = changed

    @rule(id=session_ids)
    def begin_or_end_turn(self, id: bytes) -> None:
        one, now = self.find(id), self.clock()
        last = one.turns[-1] if one and one.turns else None

        def change(session: Session, found: Turn | None) -> Turn:
            assert one is not None
            assert (session, found) == (one.session, last)
            if last is not None and last.outcome is None:
                return ended(last, TurnOutcome.COMPLETED, None, now)
            token, expires_at = len(one.turns) + 1, now + LEASE
            return replace(a_turn(session), token=token, started_at=now, expires_at=expires_at)

        made = self.store.turns.change(self.organization, id, None, change, None, math.inf)
        assert (made is None) is (one is None)
        if one is not None:
            assert isinstance(made, SessionTurn)
            assert made.turn is not None
            one.change_turn(made.turn)
            assert made.session == one.session

    @rule(id=session_ids)
    def delete_session(self, id: bytes) -> None:
        was_there = self.model.delete(id, self.clock())
        assert self.store.sessions.delete(self.organization, id, math.inf) is was_there

    @rule(id=session_ids, retention=RETENTIONS)
    def undelete_session(self, id: bytes, retention: int) -> None:
        def undelete() -> SessionRow | None:
            return self.store.sessions.undelete(self.organization, id, retention, math.inf, self.key.id)

        if self.find(id):
            self.refused(Reason.SESSION_NOT_DELETED, undelete)
        else:
            one = self.model.undelete(id, self.clock(), retention)
            assert undelete() == (self.row(one) if one else None)

    @rule(id=session_ids, pin=st.booleans(), retention=RETENTIONS, pause=PAUSES)
    def end_and_bring_back(self, id: bytes, pin: bool, retention: int, pause: int) -> None:
        if self.find(id):
            self.pin_session(id, pin)
            self.delete_session(id)
            self.every_read_sees_what_the_model_does()
            self.clock.pass_by(pause)
        self.undelete_session(id, retention)

    @rule(microseconds=PAUSES)
    def time_passes(self, microseconds: int) -> None:
        self.clock.pass_by(microseconds)

    @rule(most=st.sampled_from([1, 2, 100]))
    def sweep(self, most: int) -> None:
        hidden = [*iter(lambda: self.store.sessions.hide_expired(most), 0)]
        assert sum(hidden) == self.model.hide_expired(self.clock())
        assert all(number <= most for number in hidden)

    @rule()
    def purge(self) -> None:
        purged = [*iter(lambda: self.store.sessions.purge(RETENTION, 2), 0)]
        assert sum(purged) == self.model.purge(self.clock(), RETENTION)

    @rule(id=session_ids, pin=st.booleans())
    def pin_session(self, id: bytes, pin: bool) -> None:
        one = self.find(id)
        write = self.store.sessions.pin if pin else self.store.sessions.unpin
        assert write(self.organization, id, self.key.id, math.inf) is (one is not None)
        if one is not None:
            one.pinned = pin


@pytest.fixture(params=BACKENDS)
def timed(request: pytest.FixtureRequest) -> Iterator[tuple[PeeweeStore, StandingClock]]:
    """A store over a new database of each kind in turn, and its clock."""
    backend = BACKENDS[request.param](request)
    clock = StandingClock()
    yield backend.open(clock=clock), clock
    backend.cleanup()


def test_the_store_does_as_the_model(timed: tuple[PeeweeStore, StandingClock]) -> None:
    class InThisStore(SessionsMachine):
        def __init__(self) -> None:
            super().__init__(*timed)

    run_state_machine_as_test(
        InThisStore,
        settings=settings(
            max_examples=50,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
