"""The outbox: each change of a session makes exactly its event, in the order of commits, whoever makes it."""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Collection
from dataclasses import replace

import pytest

from server.core.errors import ServiceError
from server.core.page import PageRequest
from server.core.session import Session, SessionFilter, SessionStatus
from server.core.session_event import (
    START,
    Before,
    ChangeKind,
    Position,
    SessionChange,
    SessionEvent,
)
from server.core.session_store import SessionRow
from server.core.turn import TurnOutcome
from server.store.peewee_store import PeeweeStore
from tests.store.at_once import HANG, at_once, outcomes
from tests.store.backends import Backend
from tests.store.child_process import child
from tests.store.examples import create, new_agent, new_key, new_organization, new_session, once
from tests.store.faults import FaultyDialect
from tests.store.turns import SECOND, StandingClock, Workers


def events_of(store: PeeweeStore, organization_id: bytes, number: int = 0) -> list[SessionEvent]:
    """All events after a number, read a few transactions at a time."""
    found: list[SessionEvent] = []
    while more := store.session_events.after(organization_id, number, 3):
        found += more
        number = more[-1].number
    return found


def changes_of(store: PeeweeStore, organization_id: bytes) -> list[SessionChange]:
    """The changes of all events, whose numbers leave none out."""
    events = events_of(store, organization_id)
    assert [event.number for event in events] == [*range(1, len(events) + 1)]
    return [event.change for event in events]


def update(store: PeeweeStore, session: Session, **values: object) -> Session:
    """The session with other values, which are kept."""

    def change(row: SessionRow) -> Session:
        changed: Session = replace(row.session, **values)  # type: ignore[arg-type]  # of any field
        return changed

    row = store.sessions.update(session.organization_id, session.id, change, math.inf)
    assert row is not None
    return row.session


def test_each_change_makes_its_event(store: PeeweeStore) -> None:
    organization = new_organization(store)
    agent, key = new_agent(store, organization), new_key(store, organization)
    first = new_session(store, agent, "one")
    second = update(store, first, title="two")
    third = update(store, second, tags=("a",), model_id="m", updated_at=second.updated_at + 1)
    # Nothing is other than before, and a pin is of a key.
    update(store, third)
    store.sessions.pin(organization, first.id, key.id, math.inf)
    store.sessions.unpin(organization, first.id, key.id, math.inf)
    assert store.sessions.delete(organization, first.id, math.inf)
    assert not store.sessions.delete(organization, first.id, math.inf)
    assert changes_of(store, organization) == [
        SessionChange(ChangeKind.CREATED, first),
        SessionChange(ChangeKind.CHANGED, second, ("title",)),
        SessionChange(
            ChangeKind.CHANGED,
            third,
            ("tags", "model_id", "updated_at"),
            before=Before(SessionStatus.STARTED, ()),
        ),
        SessionChange(ChangeKind.DELETED, third),
    ]


def test_a_repeated_create_makes_no_event_again(store: PeeweeStore) -> None:
    agent = new_agent(store, new_organization(store))
    session = new_session(store, agent)
    for _ in range(2):
        create(store, replace(session, id=session.id[::-1]), once("k"))
    assert len(changes_of(store, agent.organization_id)) == 2


def test_turns_make_events(backend: Backend) -> None:
    clock = StandingClock()
    store = backend.open(clock=clock)
    session = new_session(store, new_agent(store, new_organization(store)))
    workers = Workers(store, clock, session.organization_id)
    turn = workers.begin(session.id)
    workers.beat(turn, 120 * SECOND)
    assert workers.cancel(session.id)
    assert workers.cancel(session.id)
    workers.end(turn, TurnOutcome.CANCELLED)
    workers.begin(session.id, lease=5 * SECOND)
    clock.pass_by(5 * SECOND)
    assert store.turns.end_expired(10) == 1
    # The one that ran out and the one that begins are one transaction, and two events.
    workers.begin(session.id, lease=5 * SECOND)
    clock.pass_by(5 * SECOND)
    workers.begin(session.id)
    told = [
        (
            change.session.status,
            change.paths,
            change.turn and (change.turn.token, change.turn.outcome, change.turn.cancel_requested_at is None),
        )
        for change in changes_of(store, session.organization_id)[1:]
    ]
    moved = ("status", "updated_at", "turn")
    expired, cancelled = TurnOutcome.EXPIRED, TurnOutcome.CANCELLED
    assert told == [
        (SessionStatus.ACTIVE, moved, (1, None, True)),
        (SessionStatus.ACTIVE, ("turn.cancel_requested",), (1, None, False)),
        (SessionStatus.IDLE, moved, (1, cancelled, False)),
        (SessionStatus.ACTIVE, moved, (2, None, True)),
        (SessionStatus.IDLE, moved, (2, expired, True)),
        (SessionStatus.ACTIVE, moved, (3, None, True)),
        (SessionStatus.IDLE, moved, (3, expired, True)),
        (SessionStatus.ACTIVE, moved, (4, None, True)),
    ]


def test_what_is_undone_makes_no_event(store: PeeweeStore) -> None:
    agent = new_agent(store, new_organization(store))
    sessions = [new_session(store, agent) for _ in range(12)]

    def work(number: int) -> None:
        if number % 3 == 0:
            fail(store, sessions[number])
        else:
            update(store, sessions[number], title="t")

    results = outcomes(len(sessions), work)
    assert [isinstance(result, ArithmeticError) for result in results] == [n % 3 == 0 for n in range(12)]
    changed = {change.session.id for change in changes_of(store, agent.organization_id)[12:]}
    assert changed == {session.id for number, session in enumerate(sessions) if number % 3}


def fail(store: PeeweeStore, session: Session) -> None:
    """A change of a session that fails."""

    def change(row: SessionRow) -> Session:
        raise ArithmeticError

    store.sessions.update(session.organization_id, session.id, change, math.inf)


def test_what_is_not_committed_makes_no_event(faulty: FaultyDialect, faulty_store: PeeweeStore) -> None:
    agent = new_agent(faulty_store, new_organization(faulty_store))
    told: list[object] = []
    faulty_store.session_events.listen(told.append)
    faulty.fail("COMMIT", OSError("gone"))
    with pytest.raises(ServiceError):
        new_session(faulty_store, agent)
    faulty.heal()
    assert [item for item in told if item is not None] == []
    assert changes_of(faulty_store, agent.organization_id) == []
    new_session(faulty_store, agent)
    assert [item for item in told if item is not None] == [[agent.organization_id]]


def test_a_create_takes_one_statement_more_however_many_share_it(
    faulty: FaultyDialect, faulty_store: PeeweeStore
) -> None:
    agent = new_agent(faulty_store, new_organization(faulty_store))
    faulty.statements.clear()
    at_once(40, lambda _: new_session(faulty_store, agent))
    appended = [sql for sql in faulty.statements if '"session_event"' in sql]
    assert len(appended) == faulty.commands.count("COMMIT") - 2 <= 40
    assert len(changes_of(faulty_store, agent.organization_id)) == 40


def replayed(events: list[SessionEvent]) -> dict[bytes, Session]:
    """The sessions that the events leave, each of which says what may come after what was before."""
    sessions: dict[bytes, Session] = {}
    for event in events:
        session = event.change.session
        assert (session.id in sessions) == (event.change.kind is not ChangeKind.CREATED)
        if event.change.kind is ChangeKind.DELETED:
            assert sessions.pop(session.id) == session
        else:
            sessions[session.id] = session
    return sessions


def test_of_many_processes_events_come_in_the_order_of_commits(backend: Backend) -> None:
    store = backend.open()
    agent = new_agent(store, new_organization(store))
    organization = agent.organization_id
    arguments = (backend.url, organization.hex(), agent.id.hex(), "12")
    read: list[SessionEvent] = []
    over = threading.Event()

    def follow() -> None:
        # Who reads while they write sees no number before one that is lower.
        while True:
            last = over.is_set()
            while more := store.session_events.after(organization, len(read), 2):
                read.extend(more)
            if last:
                return

    reader = threading.Thread(target=follow)
    with child("create_and_delete", *arguments) as one, child("create_and_delete", *arguments) as other:
        assert one.hear() == other.hear() == "ready"
        reader.start()
        for process in (one, other):
            process.tell()
        left = [*one.end(), *other.end()]
    over.set()
    reader.join(HANG)
    assert [event.number for event in read] == [*range(1, len(read) + 1)]
    assert read == events_of(store, organization)
    sessions = replayed(read)
    assert {id.hex() for id in sessions} == {*left}
    page = store.sessions.list(organization, SessionFilter(), PageRequest(100))
    assert {row.session.id: row.session for row in page.items}.items() <= sessions.items()


def test_a_place_is_held_until_what_follows_is_forgotten(backend: Backend) -> None:
    clock = StandingClock()
    store = backend.open(clock=clock)
    events = store.session_events
    agent = new_agent(store, new_organization(store))
    organization = agent.organization_id
    assert events.newest(organization) == START
    assert events.holds(organization, START)
    places = [START]
    for _ in range(6):
        clock.pass_by(SECOND)
        new_session(store, agent)
        places.append(events.newest(organization))
    assert [place.number for place in places] == [*range(7)]
    assert all(events.holds(organization, place) for place in places)
    # One of another history, and one that is not there yet.
    assert not events.holds(organization, replace(places[3], at=places[3].at + 1))
    assert not events.holds(organization, Position(7, clock()))

    def forget(older_than: int, keep: int, rows: int) -> int:
        place, forgotten = bytes(16), 0
        while True:
            place, batch = events.forget(place, 1, older_than, keep, rows)
            forgotten += batch
            if place == bytes(16):
                return forgotten

    assert forget(places[3].at, 100, 1) == 1
    assert forget(places[3].at, 100, 10) == 1
    assert forget(places[3].at, 100, 10) == 0
    assert [events.holds(organization, place) for place in places] == [False] * 3 + [True] * 4
    assert forget(0, 2, 10) == 2
    assert [event.number for event in events_of(store, organization)] == [5, 6]
    # The newest stays, and numbers go on from it.
    assert forget(clock() + SECOND, 1, 10) == 1
    assert forget(clock() + SECOND, 1, 10) == 0
    assert events.holds(organization, places[6])
    new_session(store, agent)
    assert events.newest(organization).number == 7


@pytest.mark.parametrize("notify", [True, False])
def test_what_another_process_writes_is_told(backend: Backend, notify: bool) -> None:
    backend.open()
    with contextlib.ExitStack() as closing:

        def opened() -> PeeweeStore:
            store = PeeweeStore(backend.dialect(), notify=notify)
            closing.callback(store.close)
            return store

        here, there = opened(), opened()
        agent = new_agent(there, new_organization(there))
        told = threading.Event()

        def tell(organizations: Collection[bytes] | None) -> None:
            concerns = organizations is None or agent.organization_id in organizations
            if concerns and here.session_events.newest(agent.organization_id) != START:
                told.set()

        here.session_events.listen(tell)
        new_session(there, agent)
        assert told.wait(HANG)
        told.clear()
        backend.drop_connections()
        # Whoever writes may have to connect anew, too.
        with contextlib.suppress(Exception):
            new_session(there, agent)
        new_session(there, agent)
        assert told.wait(HANG)
