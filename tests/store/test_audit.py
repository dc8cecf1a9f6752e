"""The audit log: an event of each change, in one write with it; pages, filters, and the end of old events."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest

from server.core.agent import Agent, AgentStatus
from server.core.audit import Actor, AuditEvent, AuditFilter, Change, Outcome, identity
from server.core.caller import ApiKey
from server.core.errors import Reason, ServiceError
from server.core.ids import new_id
from server.core.page import PageRequest
from server.core.session import Session
from server.core.session_store import SessionRow
from server.core.store import Store
from server.usecases.prune_audit import BATCH, PruneAudit
from tests.store.examples import (
    a_key,
    a_layer,
    a_session,
    an_agent,
    create,
    new_agent,
    new_key,
    new_organization,
    new_session,
    now,
    once,
)

ACTOR = Actor("Change", bytes(range(16)), "ci", "r-1", "ipv4:192.0.2.7:1", "198.51.100.1, 192.0.2.7")
EVERY = AuditFilter()
DAY = 24 * 3600 * 1_000_000


def events(
    store: Store, organization_id: bytes, filter: AuditFilter = EVERY, size: int = 100
) -> list[AuditEvent]:
    """All events that a filter lets through, read page by page."""
    found: list[AuditEvent] = []
    page = store.audit.list(organization_id, filter, PageRequest(size))
    while True:
        found += page.items
        if page.next is None:
            assert len(found) == page.total
            return found
        page = store.audit.list(organization_id, filter, PageRequest(size, after=page.next))


def the_event(store: Store, organization_id: bytes) -> AuditEvent:
    """The only one there is."""
    [event] = events(store, organization_id)
    return event


def some_event(organization_id: bytes, at: int = 0, key_id: bytes | None = None) -> AuditEvent:
    """An event of calls that were refused."""
    at = at or now()
    actor = Actor("CreateKey", key_id or ACTOR.key_id)
    return AuditEvent(organization_id, new_id(at), at, actor, Outcome.DENIED, "SCOPE_MISSING", 3)


def test_a_new_key_has_an_event_without_its_secret(store: Store) -> None:
    organization = new_organization(store)
    key = replace(a_key(organization), expires_at=1_900_000_000_000_001)
    store.keys.create(key, math.inf, ACTOR)
    event = the_event(store, organization)
    assert (event.actor, event.outcome, event.reason, event.attempts) == (ACTOR, Outcome.DONE, None, 1)
    assert event.resource == ("key", key.id)
    assert event.changes == (
        Change("name", None, key.name),
        Change("scopes", None, ["read", "write"]),
        Change("expires_at", None, "2030-03-17T17:46:40.000001Z"),
    )
    assert key.sha256.hex() not in repr(event)


def test_a_changed_key_has_what_it_was_and_is(store: Store) -> None:
    organization = new_organization(store)
    key = new_key(store, organization)

    def rotate(stored: ApiKey) -> ApiKey:
        return replace(stored, sha256=b"n" * 32, previous_sha256=stored.sha256, previous_expires_at=1_000_000)

    store.keys.update(organization, key.id, rotate, math.inf, ACTOR)
    event = the_event(store, organization)
    assert event.changes == (Change("previous_expires_at", None, "1970-01-01T00:00:01.000000Z"),)


def test_an_agents_whole_life_is_told(store: Store) -> None:
    organization = new_organization(store)
    agent = replace(an_agent(organization), tags=("a",), capabilities=a_layer(web_fetch={"timeout_ms": 1}))
    store.agents.create(agent, None, math.inf, ACTOR)
    prompt = "é" * 1024
    for changed in (
        replace(agent, system_prompt=prompt),
        replace(agent, system_prompt=prompt, tags=()),
        replace(agent, system_prompt=prompt, tags=(), status=AgentStatus.ARCHIVED),
    ):

        def change(stored: Agent, changed: Agent = changed) -> Agent:
            return changed

        store.agents.update(organization, agent.id, change, math.inf, ACTOR)
    archived, untagged, prompted, created = events(store, organization, size=1)
    assert [change.field for change in created.changes] == [
        *("name", "system_prompt", "tags", "capabilities", "max_iterations", "status"),
    ]
    assert (
        Change("capabilities", None, [{"config": {"timeout_ms": 1}, "ref": "web_fetch"}]) in created.changes
    )
    [grown] = prompted.changes
    assert (grown.field, grown.before) == ("system_prompt", "Be brief.")
    # As large as that it is known by its digest.
    assert isinstance(grown.after, dict)
    assert grown.after.keys() == {"bytes", "sha256"}
    assert grown.after["bytes"] == 2050
    assert untagged.changes == (Change("tags", ["a"], []),)
    assert archived.changes == (Change("status", "active", "archived"),)


def test_an_applied_agent_has_an_event_of_what_it_was(store: Store) -> None:
    organization = new_organization(store)
    agent = an_agent(organization)
    for description in (None, "d"):

        def change(stored: Agent | None, description: str | None = description) -> Agent:
            return replace(agent, description=description)

        store.agents.apply(organization, None, agent.name, change, None, math.inf, ACTOR)
    changed, created = events(store, organization)
    assert created.resource == changed.resource == identity(agent)
    assert changed.changes == (Change("description", None, "d"),)


def test_a_session_has_events_of_its_changes_and_its_end(store: Store) -> None:
    organization = new_organization(store)
    agent = new_agent(store, organization)
    session = new_session(store, agent, "before")

    def retitle(row: SessionRow) -> Session:
        return replace(row.session, title="after")

    store.sessions.update(organization, session.id, retitle, math.inf, actor=ACTOR)
    store.sessions.delete(organization, session.id, math.inf, ACTOR)
    ended, changed = events(store, organization)
    assert changed.changes == (Change("title", "before", "after"),)
    assert ended.resource == ("session", session.id)
    assert Change("title", "after", None) in ended.changes


def expire(store: Store, session: Session) -> None:
    """Lets a session have expired, which is not written down."""

    def change(row: SessionRow) -> Session:
        return replace(row.session, expires_at=1)

    store.sessions.update(session.organization_id, session.id, change, math.inf)


def delete(store: Store, session: Session) -> None:
    """Deletes a session."""
    store.sessions.delete(session.organization_id, session.id, math.inf)


@pytest.mark.parametrize("end", [delete, expire])
def test_a_session_that_is_brought_back_has_an_event_of_what_it_is_again(
    store: Store, end: Callable[[Store, Session], None]
) -> None:
    organization = new_organization(store)
    agent = new_agent(store, organization)
    session = new_session(store, agent, "title")

    def undelete() -> SessionRow | None:
        return store.sessions.undelete(organization, session.id, sys.maxsize, math.inf, actor=ACTOR)

    with pytest.raises(ServiceError):
        undelete()
    assert events(store, organization) == []
    end(store, session)
    assert undelete() is not None
    event = the_event(store, organization)
    assert (event.actor, event.outcome, event.resource) == (ACTOR, Outcome.DONE, ("session", session.id))
    assert Change("title", None, "title") in event.changes
    assert all(change.before is None for change in event.changes)


def test_what_changes_nothing_or_has_no_actor_has_no_event(store: Store) -> None:
    organization = new_organization(store)
    agent = new_agent(store, organization)
    store.agents.update(organization, agent.id, lambda stored: replace(stored, name="n"), math.inf)
    store.agents.update(organization, agent.id, lambda stored: stored, math.inf, ACTOR)
    assert not store.sessions.delete(organization, new_id(now()), math.inf, ACTOR)
    assert store.sessions.undelete(organization, new_id(now()), DAY, math.inf, actor=ACTOR) is None
    for _ in range(2):
        store.agents.create(an_agent(organization), once("key"), math.inf, ACTOR)
    assert len(events(store, organization)) == 1


def taken_name(store: Store, agent: Agent) -> object:
    return store.agents.create(an_agent(agent.organization_id, agent.name), None, math.inf, ACTOR)


def refused_change(store: Store, agent: Agent) -> object:
    def refuse(stored: Agent) -> Agent:
        raise ServiceError(Reason.AGENT_ARCHIVED, "no")

    return store.agents.update(agent.organization_id, agent.id, refuse, math.inf, ACTOR)


def late(store: Store, agent: Agent) -> object:
    store.keys.create(a_key(agent.organization_id), 0.0, ACTOR)
    return None


@pytest.mark.parametrize("fails", [taken_name, refused_change, late])
def test_a_change_that_is_not_made_has_no_event(
    store: Store, fails: Callable[[Store, Agent], object]
) -> None:
    agent = new_agent(store, new_organization(store))
    with pytest.raises(ServiceError):
        fails(store, agent)
    assert events(store, agent.organization_id) == []


def test_a_change_whose_event_cannot_be_kept_is_not_made(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    organization = new_organization(store)
    key, actor = a_key(organization), replace(ACTOR, method=None)  # type: ignore[arg-type]  # not kept
    with pytest.raises(Exception, match=r".*"):
        store.keys.create(key, math.inf, actor)
    assert store.keys.get(organization, key.id) is None
    assert events(store, organization) == []


@pytest.mark.parametrize("size", [1, 2, 100])
def test_lists_are_filtered_by_key_resource_and_time(store: Store, size: int) -> None:
    organization, other = (new_organization(store) for _ in range(2))
    keys = [new_id(now()) for _ in range(2)]
    agents = [an_agent(organization) for _ in range(3)]
    for number, agent in enumerate(agents):
        store.agents.create(agent, None, math.inf, replace(ACTOR, key_id=keys[number % 2]))
    store.keys.create(a_key(other), math.inf, ACTOR)
    third, second, first = every = events(store, organization, size=size)
    assert [event.resource for event in every] == [identity(agent) for agent in agents[::-1]]
    for filter, expected in [
        (AuditFilter(key_id=keys[0]), [third, first]),
        (AuditFilter(resource=identity(agents[1])), [second]),
        (AuditFilter(resource=("key", agents[1].id)), []),
        (AuditFilter(key_id=keys[0], resource=identity(agents[1])), []),
        (AuditFilter(created_after=second.created_at), [third, second]),
        (AuditFilter(created_before=second.created_at), [first]),
        (AuditFilter(created_after=second.created_at, created_before=third.created_at), [second]),
    ]:
        assert events(store, organization, filter, size) == expected, filter


def test_refusals_are_kept_as_they_are(store: Store) -> None:
    organization = new_organization(store)
    wanted = [some_event(organization) for _ in range(2)]
    store.audit.add(wanted, math.inf)
    assert events(store, organization) == wanted[::-1]


def test_old_events_go_a_few_at_a_time(store: Store) -> None:
    organizations = [new_organization(store) for _ in range(2)]
    at = now()
    for organization in organizations:
        old = [some_event(organization, at - 30 * DAY + number) for number in range(BATCH + 1)]
        store.audit.add([*old, some_event(organization, at - 29 * DAY)], math.inf)
    assert store.audit.prune(organizations[0], at - 30 * DAY, 10) == 0
    assert store.audit.prune(organizations[0], at - 30 * DAY + 20, 10) == 10
    assert len(events(store, organizations[0])) == BATCH - 8
    assert len(events(store, organizations[1])) == BATCH + 2
    assert PruneAudit(store, lambda: at, 30)(lambda: True) == 0
    # Other tests on this database have organizations of their own.
    assert PruneAudit(store, lambda: at + DAY // 2, 30)(lambda: False) >= 2 * BATCH - 8
    for organization in organizations:
        assert [event.created_at for event in events(store, organization)] == [at - 29 * DAY]


def test_an_event_outlives_what_it_is_of(store: Store) -> None:
    organization = new_organization(store)
    session = create(store, a_session(new_agent(store, organization)))
    assert isinstance(session, Session)
    store.sessions.delete(organization, session.id, math.inf, ACTOR)
    [event] = events(store, organization, AuditFilter(resource=("session", session.id)))
    assert event.actor == ACTOR
