"""Turns from many threads and processes at once, and what becomes of those that nobody ends."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from server.core.errors import Reason, ServiceError
from server.core.page import PageRequest
from server.core.session import Session, SessionFilter, SessionStatus
from server.core.turn import Turn, TurnOutcome
from server.store.peewee_store import PeeweeStore
from tests.store.at_once import at_once, outcomes
from tests.store.backends import Backend, SqliteBackend
from tests.store.examples import new_agent, new_organization, new_session
from tests.store.turns import SECOND, StandingClock, Workers

TIMES = 12


@pytest.fixture
def clock() -> StandingClock:
    """The time in all processes."""
    return StandingClock()


@pytest.fixture
def stores(backend: Backend, clock: StandingClock) -> list[PeeweeStore]:
    """Two stores, as two processes would have them, over a new database."""
    return [backend.open(clock=clock) for _ in range(2)]


@pytest.fixture
def session(stores: list[PeeweeStore]) -> Session:
    """A session of an organization of its own."""
    return new_session(stores[0], new_agent(stores[0], new_organization(stores[0])))


@pytest.fixture
def workers(stores: list[PeeweeStore], clock: StandingClock, session: Session) -> list[Workers]:
    """Workers of the session's organization, through each process."""
    return [Workers(store, clock, session.organization_id) for store in stores]


def status(store: PeeweeStore, session: Session) -> SessionStatus:
    """What the session is said to be."""
    row = store.sessions.get(session.organization_id, session.id)
    assert row is not None
    return row.session.status


def total(store: PeeweeStore, session: Session, status: SessionStatus) -> int:
    """How many sessions of its organization are listed by a status."""
    return store.sessions.list(session.organization_id, SessionFilter(status=status), PageRequest()).total


def test_of_all_who_begin_at_once_one_wins(workers: list[Workers], session: Session) -> None:
    for token in range(1, 6):
        results = outcomes(TIMES, lambda number: workers[number % 2].begin(session.id, f"w{number}"))
        won = [result for result in results if isinstance(result, Turn)]
        assert [turn.token for turn in won] == [token]
        lost = {result.reason for result in results if isinstance(result, ServiceError)}
        assert lost == {Reason.TURN_IN_PROGRESS}
        workers[0].end(won[0])


def test_all_who_send_the_same_request_at_once_get_the_same_turn(
    workers: list[Workers], session: Session
) -> None:
    turns = at_once(TIMES, lambda number: workers[number % 2].begin(session.id, "w", request_id="once"))
    assert {turn.token for turn in turns} == {1}
    assert len(set(turns)) == 1


def test_turns_of_many_workers_come_one_after_the_other(
    workers: list[Workers], stores: list[PeeweeStore], session: Session
) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work(number: int) -> int:
        done = 0
        chance = random.Random(number)
        while done < 8:
            turn = workers[chance.randrange(2)].begin_unless_one_runs(session.id, f"w{number}")
            if turn is None:
                continue
            inside.append(number)
            most.append(len(inside))
            workers[chance.randrange(2)].beat(turn)
            inside.remove(number)
            workers[chance.randrange(2)].end(turn)
            done += 1
        return done

    done = sum(at_once(4, work))
    assert set(most) == {1}
    turns = stores[0].turns.list(session.organization_id, session.id, PageRequest(100)).items
    assert [turn.token for turn in turns] == list(range(done, 0, -1))
    for later, earlier in itertools.pairwise(turns):
        assert earlier.ended_at is not None
        assert earlier.ended_at < later.started_at
    assert status(stores[1], session) is SessionStatus.IDLE


def test_a_lease_that_ran_out_is_seen_before_it_is_written_down(
    workers: list[Workers], stores: list[PeeweeStore], session: Session, clock: StandingClock
) -> None:
    turn = workers[0].begin(session.id, lease=5 * SECOND)
    clock.pass_by(5 * SECOND - 1)
    assert status(stores[1], session) is SessionStatus.ACTIVE
    assert workers[1].get(turn).outcome is None
    clock.pass_by(1)
    before = [store.sessions.get(session.organization_id, session.id) for store in stores]
    assert workers[1].get(turn).outcome is TurnOutcome.EXPIRED
    assert total(stores[0], session, SessionStatus.ACTIVE) == 1
    assert stores[1].turns.end_expired(10) == 1
    assert stores[0].turns.end_expired(10) == 0
    assert total(stores[0], session, SessionStatus.ACTIVE) == 0
    # Who had seen it sees the same once it is written down.
    assert [store.sessions.get(session.organization_id, session.id) for store in stores] == before
    assert before[0] is not None
    assert before[0].session.status is SessionStatus.IDLE
    assert before[0].session.updated_at == turn.expires_at


def test_a_new_turn_ends_the_one_whose_lease_ran_out(
    workers: list[Workers], stores: list[PeeweeStore], session: Session, clock: StandingClock
) -> None:
    first = workers[0].begin(session.id)
    clock.pass_by(60 * SECOND)
    second = workers[1].begin(session.id)
    assert second.token == 2
    assert workers[0].get(first).outcome is TurnOutcome.EXPIRED
    assert stores[0].turns.end_expired(10) == 0
    calls: list[Callable[[], object]] = [lambda: workers[0].beat(first), lambda: workers[0].end(first)]
    for late in calls:
        with pytest.raises(ServiceError) as refusal:
            late()
        assert refusal.value.reason is Reason.LEASE_LOST


def test_a_change_of_a_session_does_not_wake_a_lease_that_ran_out(
    workers: list[Workers], stores: list[PeeweeStore], session: Session, clock: StandingClock
) -> None:
    workers[0].begin(session.id)
    clock.pass_by(60 * SECOND)
    row = stores[1].sessions.update(
        session.organization_id, session.id, lambda row: replace(row.session, title="t"), math.inf
    )
    assert row is not None
    assert (row.session.title, row.session.status) == ("t", SessionStatus.IDLE)
    assert stores[0].turns.end_expired(10) == 1
    assert status(stores[0], session) is SessionStatus.IDLE


def test_processes_that_sweep_at_once_end_each_turn_once(
    workers: list[Workers], stores: list[PeeweeStore], session: Session, clock: StandingClock
) -> None:
    row = stores[0].agents.get(session.organization_id, session.agent_id)
    assert row is not None
    sessions = [session, *(new_session(stores[0], row) for _ in range(24))]
    turns = [workers[0].begin(one.id, lease=5 * SECOND) for one in sessions]
    clock.pass_by(5 * SECOND)
    kept = [workers[0].begin(one.id) for one in sessions[:5]]

    def sweep(number: int) -> int:
        ended = 0
        while batch := stores[number % 2].turns.end_expired(3):
            assert batch <= 3
            ended += batch
        return ended

    # What two find at once, one ends; the other may then stop early, and its successor goes on.
    assert sum(at_once(4, sweep)) + sweep(0) == len(turns) - len(kept)
    assert total(stores[1], session, SessionStatus.ACTIVE) == len(kept)
    assert total(stores[1], session, SessionStatus.IDLE) == len(turns) - len(kept)


def test_a_deleted_session_takes_its_turns_along(
    workers: list[Workers], stores: list[PeeweeStore], session: Session, clock: StandingClock
) -> None:
    turn = workers[0].begin(session.id, request_id="once")
    assert stores[1].sessions.delete(session.organization_id, session.id, math.inf)
    calls: list[Callable[[], object]] = [
        lambda: workers[0].beat(turn),
        lambda: workers[0].end(turn),
        lambda: workers[0].get(turn),
        lambda: workers[0].begin(session.id, request_id="once"),
    ]
    for call in calls:
        with pytest.raises(ServiceError) as refusal:
            call()
        assert refusal.value.reason is Reason.SESSION_NOT_FOUND
    clock.pass_by(60 * SECOND)
    assert stores[0].turns.end_expired(10) == 0
    assert stores[0].turns.list(session.organization_id, session.id, PageRequest()).total == 0


def test_pages_of_turns_hold_each_once(
    workers: list[Workers], stores: list[PeeweeStore], session: Session
) -> None:
    made = [workers[0].end(workers[0].begin(session.id)).id for _ in range(7)]
    listed: list[bytes] = []
    after = None
    while True:
        page = stores[1].turns.list(session.organization_id, session.id, PageRequest(3, after=after))
        assert page.total == 7
        listed += [turn.id for turn in page.items]
        after = page.next
        if after is None:
            break
    assert listed == made[::-1]
    skipped = stores[1].turns.list(session.organization_id, session.id, PageRequest(2, skip=4))
    assert [turn.id for turn in skipped.items] == made[::-1][4:6]


def test_a_sweep_reads_the_index_of_active_sessions_alone(sqlite: SqliteBackend) -> None:
    store = sqlite.open()
    statement = store.turns._statements.expired
    plan = sqlite.dialect().database.execute_sql(f"EXPLAIN QUERY PLAN {statement.sql}", (1, 1)).fetchall()
    [step] = [row[3] for row in plan]
    assert step == "SCAN t1 USING COVERING INDEX session_organization_id_turn_expires_at_id"
