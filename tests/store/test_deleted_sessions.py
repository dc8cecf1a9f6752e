"""What is deleted or has expired is not there, comes back whole, and leaves nothing behind once purged."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NoReturn

import pytest

from server.core.bulk_store import Put
from server.core.errors import Reason, ServiceError
from server.core.ids import new_id
from server.core.page import PageRequest
from server.core.session import Session, SessionFilter, SessionStatus
from server.core.session_store import PURGED_TURNS, SessionRow
from server.core.turn import Turn, TurnOutcome
from server.store import models
from server.store.dialect import Dialect
from server.store.migrate import migrate
from server.store.peewee_store import PeeweeStore
from server.store.table_rows import TableRows
from tests.store.backends import Backend
from tests.store.examples import a_turn, new_agent, new_key, new_organization, new_session, now
from tests.store.stores_to_copy import fill_turns

DAY = 24 * 3600 * 1_000_000
HANGING = (models.DeletedSession, models.DeletedTurn, models.DeletedSessionPin)


class Time:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = now()

    def __call__(self) -> int:
        return self.at


@pytest.fixture
def time() -> Time:
    """The time of the store."""
    return Time()


@pytest.fixture
def dialect(backend: Backend) -> Dialect:
    """An empty database of each kind, migrated."""
    dialect = backend.dialect()
    migrate(dialect)
    return dialect


@pytest.fixture
def timed(dialect: Dialect, time: Time) -> Iterator[PeeweeStore]:
    """A store in it whose time is the test's."""
    store = PeeweeStore(dialect, clock=time)
    yield store
    store.close()


def expiring(store: PeeweeStore, session: Session, at: int | None) -> Session:
    """The session, which now expires then."""

    def change(row: SessionRow) -> Session:
        return replace(row.session, expires_at=at)

    row = store.sessions.update(session.organization_id, session.id, change, math.inf)
    assert row is not None
    return row.session


def rows(dialect: Dialect, *tables: type[models.Table]) -> list[int]:
    """How many rows the tables have."""
    return [TableRows(dialect, table).count() for table in tables]


def assert_not_there(store: PeeweeStore, session: Session) -> None:
    """Checks that every method takes the session for one that never was."""
    organization, id = session.organization_id, session.id
    sessions = store.sessions
    assert sessions.get(organization, id) is None
    assert store.bulk.get_all(organization, [id]) == {}
    assert id not in [other.id for other in store.bulk.export(organization, bytes(16), 100)]
    assert not sessions.delete(organization, id, math.inf)
    assert not sessions.pin(organization, id, organization, math.inf)
    assert not sessions.unpin(organization, id, organization, math.inf)
    assert sessions.update(organization, id, fails, math.inf) is None
    assert store.turns.change(organization, id, None, fails, None, math.inf) is None
    for filter in (
        SessionFilter(),
        SessionFilter(agent_id=session.agent_id),
        SessionFilter(status=session.status),
        SessionFilter(agent_id=session.agent_id, status=session.status, created_after=0),
        SessionFilter(search=session.title or ""),
    ):
        page = sessions.list(organization, filter, PageRequest(100))
        assert id not in [row.session.id for row in page.items]
        assert page.total == len(page.items)
    for agent_id in (None, session.agent_id):
        counted = {
            status: count for status, count in sessions.counts(organization, agent_id).items() if count
        }
        listed = sessions.list(organization, SessionFilter(agent_id=agent_id), PageRequest(100)).items
        statuses = [row.session.status for row in listed]
        assert counted == {status: statuses.count(status) for status in set(statuses)}


def fails(*_: object) -> NoReturn:
    raise AssertionError("it was found")


def delete(store: PeeweeStore, time: Time, session: Session) -> None:
    assert store.sessions.delete(session.organization_id, session.id, math.inf)


def expire_unseen(store: PeeweeStore, time: Time, session: Session) -> None:
    expiring(store, session, time.at + 1)
    time.at += 1


def expire_swept(store: PeeweeStore, time: Time, session: Session) -> None:
    expire_unseen(store, time, session)
    assert store.sessions.hide_expired(100) == 1
    assert store.sessions.hide_expired(100) == 0


WAYS: tuple[Callable[[PeeweeStore, Time, Session], None], ...] = (delete, expire_unseen, expire_swept)


@pytest.mark.parametrize("end", WAYS)
def test_what_has_ended_is_not_there_and_comes_back_whole(
    end: Callable[[PeeweeStore, Time, Session], None], timed: PeeweeStore, time: Time, dialect: Dialect
) -> None:
    organization = new_organization(timed)
    agent, key = new_agent(timed, organization), new_key(timed, organization)
    other = new_session(timed, agent, "title")
    session = new_session(timed, agent, "title")
    fill_turns(timed, session)
    assert timed.sessions.pin(organization, session.id, key.id, math.inf)
    ran = timed.sessions.get(organization, session.id, key.id)
    assert ran is not None
    assert ran.session.status is SessionStatus.ACTIVE
    end(timed, time, ran.session)
    assert_not_there(timed, ran.session)
    time.at += DAY - 1
    timed.sessions.purge(DAY, 100)
    assert_not_there(timed, ran.session)
    back = timed.sessions.undelete(organization, session.id, DAY, math.inf, key.id)
    assert back is not None
    idle = replace(ran.session, status=SessionStatus.IDLE, turn_expires_at=None)
    assert replace(back.session, updated_at=idle.updated_at) == idle
    assert back.session.updated_at > idle.updated_at
    assert back.is_pinned
    assert timed.sessions.get(organization, session.id, key.id) == back
    turns = timed.turns.list(organization, session.id, PageRequest()).items
    assert [(turn.token, turn.outcome) for turn in turns] == [
        (2, TurnOutcome.CANCELLED),
        (1, TurnOutcome.FAILED),
    ]
    page = timed.sessions.list(organization, SessionFilter(agent_id=agent.id), PageRequest())
    assert ([row.session.id for row in page.items], page.total) == ([session.id, other.id], 2)
    assert rows(dialect, *HANGING) == [0, 0, 0]
    with pytest.raises(ServiceError) as error:
        timed.sessions.undelete(organization, session.id, DAY, math.inf)
    assert error.value.reason is Reason.SESSION_NOT_DELETED


@pytest.mark.parametrize("end", WAYS)
def test_a_purge_leaves_nothing_behind(
    end: Callable[[PeeweeStore, Time, Session], None], timed: PeeweeStore, time: Time, dialect: Dialect
) -> None:
    organization = new_organization(timed)
    agent, key = new_agent(timed, organization), new_key(timed, organization)
    session = new_session(timed, agent, "title")
    fill_turns(timed, session)
    timed.sessions.pin(organization, session.id, key.id, math.inf)
    end(timed, time, session)
    time.at += DAY
    assert timed.sessions.undelete(organization, session.id, DAY, math.inf) is None
    timed.sessions.hide_expired(100)
    assert timed.sessions.purge(DAY, 100) == 1
    assert timed.sessions.purge(DAY, 100) == 0
    tables = (*HANGING, models.Session, models.Turn, models.SessionPin)
    assert rows(dialect, *tables) == [0] * len(tables)
    assert timed.sessions.undelete(organization, session.id, math.inf, math.inf) is None  # type: ignore[arg-type]


def test_a_purge_takes_small_bites(
    timed: PeeweeStore, time: Time, dialect: Dialect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.store.deleted_sessions.PURGED_TURNS", 2)
    assert PURGED_TURNS > 2
    agent = new_agent(timed, new_organization(timed))
    many, few = new_session(timed, agent), new_session(timed, agent)
    for number in range(5):

        def change(session: Session, last: Turn | None, number: int = number) -> Turn:
            ended = {"outcome": TurnOutcome.COMPLETED, "ended_at": now(), "expires_at": None}
            return replace(a_turn(session), token=number + 1, **ended)  # type: ignore[arg-type]

        timed.turns.change(many.organization_id, many.id, None, change, None, math.inf)
    for session in (many, few):
        delete(timed, time, session)
        time.at += 1
    left = []
    while timed.sessions.purge(0, 1):
        left.append(rows(dialect, models.DeletedSession, models.DeletedTurn))
    assert left == [[2, 3], [2, 1], [1, 0], [0, 0]]


def test_an_expiry_that_is_put_off_or_taken_back_does_not_come(timed: PeeweeStore, time: Time) -> None:
    agent = new_agent(timed, new_organization(timed))
    session = expiring(timed, new_session(timed, agent), time.at + 1)
    later = expiring(timed, session, time.at + 3)
    time.at += 2
    assert timed.sessions.hide_expired(100) == 0
    assert timed.sessions.get(session.organization_id, session.id) is not None
    expiring(timed, later, None)
    time.at += 2
    assert timed.sessions.hide_expired(100) == 0
    assert timed.sessions.get(session.organization_id, session.id) is not None


def test_what_is_put_is_there_or_says_why_not(timed: PeeweeStore, time: Time) -> None:
    agent = new_agent(timed, new_organization(timed))
    there, gone = new_session(timed, agent), new_session(timed, agent)
    delete(timed, time, gone)
    new = replace(there, id=new_id(now()), title="new")
    of_nobody = replace(there, id=new_id(now()), agent_id=new_id(now()))
    wanted = [there, replace(there, title="other"), gone, new, new, replace(new, title="else"), of_nobody]
    outcomes = timed.bulk.put_all(agent.organization_id, wanted, math.inf)
    assert [outcome if isinstance(outcome, Put) else outcome.reason for outcome in outcomes] == [
        Put.UNCHANGED,
        Reason.SESSION_ALREADY_EXISTS,
        Reason.SESSION_ALREADY_EXISTS,
        Put.CREATED,
        Put.UNCHANGED,
        Reason.SESSION_ALREADY_EXISTS,
        Reason.AGENT_NOT_FOUND,
    ]
    assert timed.bulk.export(agent.organization_id, bytes(16), 9) == [there, new]
    assert sum(timed.sessions.counts(agent.organization_id, None).values()) == 2


@pytest.mark.parametrize("end", WAYS)
def test_what_comes_back_at_once_was_changed_now_and_not_when_its_lease_would_have_run_out(
    end: Callable[[PeeweeStore, Time, Session], None], timed: PeeweeStore, time: Time
) -> None:
    session = new_session(timed, new_agent(timed, new_organization(timed)))
    fill_turns(timed, session)
    time.at = now()
    ran = timed.sessions.get(session.organization_id, session.id)
    assert ran is not None
    end(timed, time, ran.session)
    time.at += 5
    back = timed.sessions.undelete(session.organization_id, session.id, DAY, math.inf)
    assert back is not None
    assert back.session.updated_at == time.at


@pytest.mark.parametrize("end", WAYS)
def test_what_has_ended_is_not_imported_again(
    end: Callable[[PeeweeStore, Time, Session], None], timed: PeeweeStore, time: Time
) -> None:
    session = new_session(timed, new_agent(timed, new_organization(timed)))
    end(timed, time, session)
    for line in (session, replace(session, expires_at=time.at), replace(session, title="other")):
        [outcome] = timed.bulk.put_all(session.organization_id, [line], math.inf)
        assert isinstance(outcome, ServiceError)
        assert outcome.reason is Reason.SESSION_ALREADY_EXISTS
        assert "undelete it" in outcome.message
    assert_not_there(timed, session)
