"""What is done in bulk, undone or left to time is told to watchers, keeps to quotas, and keeps versions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from server.core.agent import Agent
from server.core.bulk_store import Put
from server.core.errors import Reason, ServiceError
from server.core.ids import new_id
from server.core.quota import Quotas
from server.core.session import Session
from server.core.session_event import ChangeKind, SessionChange
from server.core.session_store import SessionRow
from server.core.transfer import as_exported
from server.store.peewee_store import PeeweeStore
from tests.store.backends import Backend
from tests.store.examples import a_layer, a_session, new_agent, new_organization, new_session, now
from tests.store.stores_to_copy import fill_turns
from tests.store.turns import SECOND, StandingClock

CREATED, CHANGED, DELETED = ChangeKind.CREATED, ChangeKind.CHANGED, ChangeKind.DELETED
RETENTION = 60 * SECOND


@pytest.fixture
def clock() -> StandingClock:
    """The time of the store."""
    return StandingClock()


@pytest.fixture
def timed(backend: Backend, clock: StandingClock) -> PeeweeStore:
    """A store of each kind whose time is the test's."""
    return backend.open(clock=clock)


def changes_after(store: PeeweeStore, organization_id: bytes, number: int = 0) -> list[SessionChange]:
    """What all events after a number tell."""
    return [event.change for event in store.session_events.after(organization_id, number, 1000)]


def kinds_of(store: PeeweeStore, session: Session) -> list[ChangeKind]:
    """What happened to a session."""
    changes = changes_after(store, session.organization_id)
    return [change.kind for change in changes if change.session.id == session.id]


def create_all(store: PeeweeStore, agent: Agent, sessions: Sequence[Session]) -> None:
    """Keeps sessions of an agent, all or none."""
    store.bulk.create_all(
        agent.organization_id, [agent.id] * len(sessions), lambda _: sessions, None, math.inf
    )


def set_expiry(store: PeeweeStore, session: Session, at: int | None) -> Session:
    """The session, which expires then."""

    def change(row: SessionRow) -> Session:
        return replace(row.session, expires_at=at)

    row = store.sessions.update(session.organization_id, session.id, change, math.inf)
    assert row is not None
    return row.session


def reason(outcome: Put | ServiceError) -> Put | Reason:
    """The reason of a refusal."""
    return outcome.reason if isinstance(outcome, ServiceError) else outcome


def test_what_is_made_in_bulk_makes_an_event_each(timed: PeeweeStore) -> None:
    agent = new_agent(timed, new_organization(timed))
    batch = [a_session(agent, str(number)) for number in range(3)]
    create_all(timed, agent, batch)
    imported = [a_session(agent, str(number)) for number in range(2)]
    for _ in range(2):
        timed.bulk.put_all(agent.organization_id, [*imported, batch[0]], math.inf)
    expected = [SessionChange(CREATED, session) for session in (*batch, *imported)]
    assert changes_after(timed, agent.organization_id) == expected


def test_a_batch_that_is_refused_makes_none(timed: PeeweeStore) -> None:
    agent = new_agent(timed, new_organization(timed))
    session = a_session(agent)
    with pytest.raises(ValueError, match="of the agent that it was made with"):
        create_all(timed, agent, [session, replace(a_session(agent), agent_id=new_id(now()))])
    assert changes_after(timed, agent.organization_id) == []
    assert timed.sessions.get(agent.organization_id, session.id) is None


def test_deleting_bringing_back_and_purging_make_their_events(
    timed: PeeweeStore, clock: StandingClock
) -> None:
    session = new_session(timed, new_agent(timed, new_organization(timed)))
    organization = session.organization_id
    fill_turns(timed, session)
    [*_, before] = changes_after(timed, organization)
    number = timed.session_events.newest(organization).number
    assert timed.sessions.delete(organization, session.id, math.inf)
    row = timed.sessions.undelete(organization, session.id, RETENTION, math.inf)
    assert row is not None
    assert changes_after(timed, organization, number) == [
        # As it was last, with the turn that ended with it.
        SessionChange(DELETED, before.session),
        SessionChange(CREATED, row.session),
    ]
    assert timed.sessions.delete(organization, session.id, math.inf)
    number = timed.session_events.newest(organization).number
    clock.pass_by(RETENTION + 1)
    while timed.sessions.purge(RETENTION, 10):
        pass
    assert timed.sessions.undelete(organization, session.id, RETENTION, math.inf) is None
    assert changes_after(timed, organization, number) == []


def test_an_expiry_makes_its_event_when_it_is_written_down(timed: PeeweeStore, clock: StandingClock) -> None:
    agent = new_agent(timed, new_organization(timed))
    swept, found = new_session(timed, agent), new_session(timed, agent)
    for session in (swept, found):
        expiring = set_expiry(timed, session, clock.now + SECOND)
        [*_, change] = changes_after(timed, agent.organization_id)
        assert change == SessionChange(CHANGED, expiring, ("expires_at",))
    clock.pass_by(SECOND)
    # It has expired and that is not written down: it goes, and comes back.
    assert timed.sessions.undelete(found.organization_id, found.id, RETENTION, math.inf) is not None
    assert timed.sessions.hide_expired(10) == 1
    assert timed.sessions.hide_expired(10) == 0
    assert kinds_of(timed, found) == [CREATED, CHANGED, DELETED, CREATED]
    assert kinds_of(timed, swept) == [CREATED, CHANGED, DELETED]


def test_versions_travel_with_what_is_deleted_and_comes_back(timed: PeeweeStore) -> None:
    agent = new_agent(timed, new_organization(timed))

    def change(agent: Agent) -> Agent:
        return replace(agent, capabilities=a_layer(noop=None), updated_at=agent.updated_at + 1)

    timed.agents.update(agent.organization_id, agent.id, change, math.inf)
    pinned = replace(a_session(agent), pinned_version=1, created_version=2, environment=-7)
    create_all(timed, agent, [pinned])
    assert changes_after(timed, agent.organization_id) == [
        SessionChange(CREATED, replace(pinned, environment=None))
    ]
    timed.sessions.delete(pinned.organization_id, pinned.id, math.inf)
    row = timed.sessions.undelete(pinned.organization_id, pinned.id, RETENTION, math.inf)
    assert row is not None
    assert row == SessionRow(replace(pinned, updated_at=row.session.updated_at), agent.capabilities)
    assert timed.bulk.get_all(pinned.organization_id, [pinned.id]) == {pinned.id: row}


def test_a_version_that_is_not_there_is_not_imported(timed: PeeweeStore) -> None:
    agent = new_agent(timed, new_organization(timed))
    sessions = [
        replace(a_session(agent), created_version=2),
        replace(a_session(agent), pinned_version=2),
        replace(a_session(agent), pinned_version=1),
    ]
    outcomes = timed.bulk.put_all(agent.organization_id, sessions, math.inf)
    not_found = Reason.AGENT_VERSION_NOT_FOUND
    assert [reason(outcome) for outcome in outcomes] == [not_found, not_found, Put.CREATED]
    assert timed.bulk.export(agent.organization_id, bytes(16), 9) == [sessions[2]]


def test_where_a_session_was_created_makes_none_another(timed: PeeweeStore) -> None:
    agent = new_agent(timed, new_organization(timed))
    here = replace(a_session(agent), environment=7)
    create_all(timed, agent, [here])
    assert timed.bulk.put_all(here.organization_id, [as_exported(here)], math.inf) == [Put.UNCHANGED]


def test_bulk_and_undelete_keep_to_the_quota(backend: Backend) -> None:
    store = backend.open(quotas=Quotas(sessions=3))
    agent = new_agent(store, new_organization(store))
    organization = agent.organization_id
    with pytest.raises(ServiceError) as refusal:
        create_all(store, agent, [a_session(agent) for _ in range(4)])
    assert refusal.value.reason is Reason.QUOTA_EXCEEDED
    assert store.sessions.counts(organization, None) == {}
    gone = new_session(store, agent)
    store.sessions.delete(organization, gone.id, math.inf)
    create_all(store, agent, [a_session(agent) for _ in range(2)])
    imported = [a_session(agent) for _ in range(2)]
    outcomes = store.bulk.put_all(organization, [imported[0], imported[0], imported[1]], math.inf)
    assert [reason(o) for o in outcomes] == [Put.CREATED, Put.UNCHANGED, Reason.QUOTA_EXCEEDED]
    with pytest.raises(ServiceError) as refusal:
        store.sessions.undelete(organization, gone.id, RETENTION, math.inf)
    assert refusal.value.reason is Reason.QUOTA_EXCEEDED
    store.sessions.delete(organization, imported[0].id, math.inf)
    assert store.sessions.undelete(organization, gone.id, RETENTION, math.inf) is not None
