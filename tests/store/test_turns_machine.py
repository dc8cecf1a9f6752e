"""Whatever workers, clients and the clock do in whatever order: one turn at a time, and nothing stuck."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from server.core.errors import Reason, ServiceError
from server.core.page import PageRequest
from server.core.session import Session, SessionFilter, SessionStatus
from server.core.session_store import SessionRow
from server.core.turn import Turn, TurnOutcome
from server.store.peewee_store import PeeweeStore
from tests.store.backends import BACKENDS
from tests.store.examples import a_session, create, kept, new_agent, new_organization
from tests.store.turns import SECOND, StandingClock, Workers

PROCESSES = st.sampled_from([0, 1])
NAMES = st.sampled_from(["w1", "w2"])
LEASES = st.sampled_from([5 * SECOND, 60 * SECOND])
KEYS = st.sampled_from(["", "", "one", "two"])
OUTCOMES = st.sampled_from([TurnOutcome.COMPLETED, TurnOutcome.FAILED, TurnOutcome.CANCELLED])
PAUSES = st.sampled_from([1, SECOND, 4 * SECOND, 5 * SECOND - 1, 5 * SECOND, 60 * SECOND])


@dataclass
class Modelled:
    """A session as it ought to be: its turns from the first on, and what was read of it last."""

    turns: list[Turn]
    seen: Session

    def running(self, now: int) -> Turn | None:
        """The turn that runs; the lease of one that does not any more is written down here as run out."""
        if not self.turns:
            return None
        last = self.turns[-1]
        if last.expires_at is not None and last.expires_at <= now:
            ended_at = last.expires_at
            self.turns[-1] = replace(last, outcome=TurnOutcome.EXPIRED, ended_at=ended_at, expires_at=None)
        return self.turns[-1] if self.turns[-1].outcome is None else None


class TurnsMachine(RuleBasedStateMachine):
    """Works in an organization of its own, through two processes."""

    session_ids = Bundle("session_ids")
    begun = Bundle("begun")

    def __init__(self, stores: list[PeeweeStore], clock: StandingClock) -> None:
        super().__init__()
        self.stores = stores
        self.clock = clock
        self.organization = new_organization(stores[0])
        self.agent = new_agent(stores[0], self.organization)
        self.sessions: dict[bytes, Modelled] = {}
        self.requests: dict[str, tuple[tuple[bytes, str, int], bytes]] = {}

    def through(self, process: int) -> Workers:
        """What workers do through a process."""
        return Workers(self.stores[process], self.clock, self.organization)

    def refused(self, reason: Reason, call: Callable[[], object]) -> None:
        """The call fails for this reason."""
        with pytest.raises(ServiceError) as refusal:
            call()
        assert refusal.value.reason is reason

    def find(self, turn: Turn) -> int | None:
        """The place of a turn among those of its session; None where that was deleted."""
        of = self.sessions.get(turn.session_id)
        return None if of is None else [known.id for known in of.turns].index(turn.id)

    @initialize(target=session_ids)
    def first_session(self) -> bytes:
        return self.new_session()

    @rule(target=session_ids)
    def create_session(self) -> bytes:
        return self.new_session()

    def new_session(self) -> bytes:
        """The id of a session without turns."""
        session = kept(create(self.stores[0], a_session(self.agent, at=self.clock())))
        self.clock.pass_by(1)
        self.sessions[session.id] = Modelled([], session)
        return session.id

    @rule(target=begun, id=session_ids, process=PROCESSES, worker=NAMES, lease=LEASES, key=KEYS)
    def begin(self, id: bytes, process: int, worker: str, lease: int, key: str) -> object:
        def call() -> Turn:
            return self.through(process).begin(id, worker, lease, key)

        of = self.sessions.get(id)
        content = (id, worker, lease)
        known = self.requests.get(key) if key else None
        if of is None:
            self.refused(Reason.SESSION_NOT_FOUND, call)
        elif known is not None and known[0] != content:
            self.refused(Reason.IDEMPOTENCY_KEY_REUSED, call)
        elif known is not None:
            of.running(self.clock())
            turn = call()
            assert turn in of.turns
            assert turn.id == known[1]
        elif of.running(self.clock()):
            self.refused(Reason.TURN_IN_PROGRESS, call)
        else:
            turn = call()
            assert turn.token == len(of.turns) + 1
            assert (turn.worker, turn.outcome) == (worker, None)
            assert turn.expires_at == self.clock() + lease
            assert all(turn.id > earlier.id for earlier in of.turns)
            of.turns.append(turn)
            if key:
                self.requests[key] = (content, turn.id)
            return turn
        return multiple()

    @rule(turn=begun, process=PROCESSES, wrong=st.booleans(), lease=st.none() | LEASES)
    def beat(self, turn: Turn, process: int, wrong: bool, lease: int | None) -> None:
        claimed = replace(turn, token=turn.token + 1) if wrong else turn

        def call() -> Turn:
            return self.through(process).beat(claimed, lease)

        place = self.find(turn)
        if place is None:
            self.refused(Reason.SESSION_NOT_FOUND, call)
            return
        of = self.sessions[turn.session_id]
        running = of.running(self.clock())
        if wrong or running is None or running.id != turn.id:
            self.refused(Reason.LEASE_LOST, call)
        else:
            of.turns[place] = replace(running, expires_at=self.clock() + (lease or running.lease))
            assert call() == of.turns[place]

    @rule(turn=begun, process=PROCESSES, wrong=st.booleans(), outcome=OUTCOMES)
    def end(self, turn: Turn, process: int, wrong: bool, outcome: TurnOutcome) -> None:
        claimed = replace(turn, token=turn.token - 1) if wrong else turn
        error = "why" if outcome is TurnOutcome.FAILED else None

        def call() -> Turn:
            return self.through(process).end(claimed, outcome, error)

        place = self.find(turn)
        if place is None:
            self.refused(Reason.SESSION_NOT_FOUND, call)
            return
        of = self.sessions[turn.session_id]
        running = of.running(self.clock())
        if not wrong and of.turns[place].outcome is outcome:
            assert call() == of.turns[place]
        elif wrong or running is None or running.id != turn.id:
            self.refused(Reason.LEASE_LOST, call)
        else:
            ended = call()
            assert (ended.outcome, ended.error, ended.expires_at) == (outcome, error, None)
            assert ended.ended_at is not None
            assert ended.ended_at >= self.clock()
            of.turns[place] = ended

    @rule(id=session_ids, process=PROCESSES)
    def cancel(self, id: bytes, process: int) -> None:
        of = self.sessions.get(id)
        if of is None:
            self.refused(Reason.SESSION_NOT_FOUND, lambda: self.through(process).cancel(id))
            return
        running = of.running(self.clock())
        assert self.through(process).cancel(id) is (running is not None)
        if running is not None and running.cancel_requested_at is None:
            of.turns[-1] = replace(running, cancel_requested_at=self.clock())

    @rule(id=session_ids, process=PROCESSES)
    def update(self, id: bytes, process: int) -> None:
        of = self.sessions.get(id)
        if of is None:
            return

        def change(row: SessionRow) -> Session:
            later = max(row.session.updated_at + 1, self.clock())
            return replace(row.session, title="changed", updated_at=later)

        row = self.stores[process].sessions.update(self.organization, id, change, math.inf)
        assert row is not None
        of.seen = replace(of.seen, title="changed")
        self.look(of, row.session)

    @rule(id=session_ids, process=PROCESSES)
    def delete(self, id: bytes, process: int) -> None:
        was_there = self.sessions.pop(id, None) is not None
        assert self.stores[process].sessions.delete(self.organization, id, math.inf) is was_there

    @rule(microseconds=PAUSES)
    def time_passes(self, microseconds: int) -> None:
        self.clock.pass_by(microseconds)

    @rule(process=PROCESSES, most=st.sampled_from([1, 2, 100]))
    def sweep(self, process: int, most: int) -> None:
        turns = self.stores[process].turns
        while ended := turns.end_expired(most):
            assert ended <= most
        # What is written down is now what reads say.
        for status in SessionStatus:
            page = self.stores[1 - process].sessions.list(
                self.organization, SessionFilter(status=status), PageRequest(100)
            )
            expected = {id for id, of in self.sessions.items() if self.status(of) is status}
            assert {row.session.id for row in page.items} == expected
            assert page.total == len(expected)

    def status(self, of: Modelled) -> SessionStatus:
        """What a session is by the model."""
        if of.running(self.clock()):
            return SessionStatus.ACTIVE
        return SessionStatus.IDLE if of.turns else SessionStatus.STARTED

    def look(self, of: Modelled, session: Session) -> None:
        """A session that was read is as the model has it, and was never changed later than before."""
        assert session.status is self.status(of)
        assert session.title == of.seen.title
        running = of.running(self.clock())
        assert session.turn_expires_at == (running.expires_at if running else None)
        assert session.updated_at >= of.seen.updated_at
        if session.status is not of.seen.status:
            assert session.updated_at > of.seen.updated_at
        of.seen = session

    @invariant()
    def reads_say_what_the_model_does(self) -> None:
        for process, store in enumerate(self.stores):
            rows = store.sessions.list(self.organization, SessionFilter(), PageRequest(100))
            assert rows.total == len(self.sessions)
            assert {row.session.id for row in rows.items} == self.sessions.keys()
            for row in rows.items:
                of = self.sessions[row.session.id]
                self.look(of, row.session)
                got = store.sessions.get(self.organization, row.session.id)
                assert got is not None
                assert got.session == row.session
                listed = store.turns.list(self.organization, row.session.id, PageRequest(100))
                assert list(listed.items) == of.turns[::-1]
                assert listed.total == len(of.turns)
                assert sum(turn.outcome is None for turn in listed.items) <= 1
                assert [turn.token for turn in of.turns] == list(range(1, len(of.turns) + 1))
                for turn in of.turns[-2:]:
                    assert self.through(process).get(turn) == turn


@pytest.fixture(params=BACKENDS)
def processes(request: pytest.FixtureRequest) -> Iterator[tuple[list[PeeweeStore], StandingClock]]:
    """Two stores over a new database of each kind in turn, with one clock."""
    backend = BACKENDS[request.param](request)
    clock = StandingClock()
    yield [backend.open(clock=clock) for _ in range(2)], clock
    backend.cleanup()


def test_turns_do_as_the_model(processes: tuple[list[PeeweeStore], StandingClock]) -> None:
    class OverThese(TurnsMachine):
        def __init__(self) -> None:
            super().__init__(*processes)

    run_state_machine_as_test(
        OverThese,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
