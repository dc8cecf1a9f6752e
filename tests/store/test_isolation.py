"""Everything is within the organization given; another's is not there."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import pytest

from server.core.agent import Agent, AgentFilter
from server.core.agent_store import Agents, AgentVersions
from server.core.audit import Actor, AuditFilter
from server.core.bulk_store import BulkSessions
from server.core.caller import ApiKey, KeyUse
from server.core.errors import Reason, ServiceError
from server.core.event_store import Audit
from server.core.ids import new_id
from server.core.key_store import Keys
from server.core.page import Page, PageRequest
from server.core.session import RETENTION, Session, SessionFilter
from server.core.session_store import Sessions
from server.core.store import Store
from server.core.turn import Turn
from server.core.turn_store import Turns
from server.store.dialect import MissingRow
from tests.store.examples import (
    a_key,
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
from tests.store.writes import Kept, begin_turn, everything, new_kept

T = TypeVar("T")


def no_change(stored: object) -> Agent:
    raise AssertionError("another organization's agent was found")


def no_session(stored: object) -> Session:
    raise AssertionError("another organization's session was found")


def no_turn(session: Session, turn: Turn | None) -> Turn:
    raise AssertionError("another organization's session was found")


def its_turn(store: Store, kept: Kept) -> Turn:
    """The turn of the session."""
    return store.turns.list(kept.organization_id, kept.session.id, PageRequest()).items[0]


def no_key(stored: object) -> ApiKey:
    raise AssertionError("another organization's key was found")


def listed(page: Page[T]) -> object:
    """What a list finds."""
    return page.items or page.total or page.next


def apply_agent(store: Store, stranger: bytes, kept: Kept) -> object:
    # It finds none, so it makes one of its own.
    mine = an_agent(stranger, kept.agent.name)
    seen: list[Agent | None] = []

    def change(stored: Agent | None) -> Agent:
        seen.append(stored)
        return replace(mine, id=kept.agent.id)

    applied = store.agents.apply(stranger, kept.agent.id, mine.name, change, once("key"), math.inf)
    assert applied == replace(mine, id=kept.agent.id)
    return seen[0]


def create_agent(store: Store, stranger: bytes, kept: Kept) -> object:
    mine = replace(an_agent(stranger, kept.agent.name), id=kept.agent.id)
    assert store.agents.create(mine, None, math.inf) == mine
    return None


def create_session(store: Store, stranger: bytes, kept: Kept) -> object:
    with pytest.raises(ServiceError) as error:
        create(store, replace(a_session(kept.agent), organization_id=stranger))
    assert error.value.reason is Reason.AGENT_NOT_FOUND
    return None


def undelete(store: Store, stranger: bytes, kept: Kept) -> object:
    gone = new_session(store, kept.agent)
    store.sessions.delete(kept.organization_id, gone.id, math.inf)
    return store.sessions.undelete(stranger, gone.id, RETENTION, math.inf)


def create_all(store: Store, stranger: bytes, kept: Kept) -> object:
    seen: list[Agent | None] = []

    def make(agents: Sequence[Agent | None]) -> list[Session]:
        seen.extend(agents)
        return []

    with pytest.raises(ValueError, match="argument"):
        store.bulk.create_all(stranger, [kept.agent.id], make, None, math.inf)
    return seen[0]


def put_all(store: Store, stranger: bytes, kept: Kept) -> object:
    [outcome] = store.bulk.put_all(stranger, [replace(kept.session, organization_id=stranger)], math.inf)
    assert isinstance(outcome, ServiceError)
    assert outcome.reason is Reason.AGENT_NOT_FOUND
    return None


AGENTS: dict[str, Callable[[Store, bytes, Kept], object]] = {
    "get": lambda store, stranger, kept: store.agents.get(stranger, kept.agent.id),
    "find": lambda store, stranger, kept: store.agents.find(stranger, kept.agent.name),
    "list": lambda store, stranger, kept: listed(
        store.agents.list(stranger, AgentFilter(kept.agent.name, include_archived=True), PageRequest())
    ),
    "create": create_agent,
    "apply": apply_agent,
    "update": lambda store, stranger, kept: store.agents.update(stranger, kept.agent.id, no_change, math.inf),
}
VERSIONS: dict[str, Callable[[Store, bytes, Kept], object]] = {
    "get": lambda store, stranger, kept: store.agent_versions.get(stranger, kept.agent.id, 1),
    "list": lambda store, stranger, kept: listed(
        store.agent_versions.list(stranger, kept.agent.id, PageRequest())
    ),
}
SESSIONS: dict[str, Callable[[Store, bytes, Kept], object]] = {
    "get": lambda store, stranger, kept: store.sessions.get(stranger, kept.session.id),
    "list": lambda store, stranger, kept: listed(
        store.sessions.list(stranger, SessionFilter(agent_id=kept.agent.id), PageRequest())
    ),
    "create": create_session,
    "update": lambda store, stranger, kept: store.sessions.update(
        stranger, kept.session.id, no_session, math.inf
    ),
    "counts": lambda store, stranger, kept: sum(store.sessions.counts(stranger, kept.agent.id).values()),
    "pin": lambda store, stranger, kept: store.sessions.pin(stranger, kept.session.id, stranger, math.inf),
    "unpin": lambda store, stranger, kept: store.sessions.unpin(
        stranger, kept.session.id, stranger, math.inf
    ),
    "delete": lambda store, stranger, kept: store.sessions.delete(stranger, kept.session.id, math.inf),
    "undelete": undelete,
}
BULK: dict[str, Callable[[Store, bytes, Kept], object]] = {
    "get_all": lambda store, stranger, kept: store.bulk.get_all(stranger, [kept.session.id]),
    "create_all": create_all,
    "export": lambda store, stranger, kept: [
        session for session in store.bulk.export(stranger, bytes(16), 9) if session.id == kept.session.id
    ],
    "put_all": put_all,
}
TURNS: dict[str, Callable[[Store, bytes, Kept], object]] = {
    "get": lambda store, stranger, kept: store.turns.get(stranger, kept.session.id, its_turn(store, kept).id),
    "list": lambda store, stranger, kept: listed(store.turns.list(stranger, kept.session.id, PageRequest())),
    "change": lambda store, stranger, kept: store.turns.change(
        stranger, kept.session.id, None, no_turn, None, math.inf
    ),
}


def note_use(store: Store, stranger: bytes, kept: Kept) -> object:
    key = new_key(store, kept.organization_id)
    store.keys.note_uses([KeyUse(stranger, key.id, now())], math.inf)
    return store.keys.get(key.organization_id, key.id) != key


def list_keys(store: Store, stranger: bytes, kept: Kept) -> object:
    new_key(store, kept.organization_id)
    page = store.keys.list(stranger, True, PageRequest())
    # It may have a key of its own.
    return [key for key in page.items if key.organization_id != stranger] or page.total - len(page.items)


KEYS: dict[str, Callable[[Store, bytes, Kept], object]] = {
    "get": lambda store, stranger, kept: store.keys.get(stranger, new_key(store, kept.organization_id).id),
    "list": list_keys,
    "update": lambda store, stranger, kept: store.keys.update(
        stranger, new_key(store, kept.organization_id).id, no_key, math.inf
    ),
    "note_uses": note_use,
}


def list_events(store: Store, stranger: bytes, kept: Kept) -> object:
    store.keys.create(a_key(kept.organization_id), math.inf, Actor("CreateKey", stranger))
    return listed(store.audit.list(stranger, AuditFilter(key_id=stranger), PageRequest()))


def prune(store: Store, stranger: bytes, kept: Kept) -> object:
    list_events(store, stranger, kept)
    store.audit.prune(stranger, 2 * now(), 100)
    return not store.audit.list(kept.organization_id, AuditFilter(), PageRequest()).items


AUDIT: dict[str, Callable[[Store, bytes, Kept], object]] = {"list": list_events, "prune": prune}
OF_NO_ORGANIZATION = {
    "organizations": "names all, for what is swept of each",
    "create_organization": "makes one",
    "find_organization": "finds one by its name, for the command line",
    "create": "is told by the key itself",
    "find": "finds the organization of a call by the digest of a secret that nobody else has",
}


def methods(protocol: type) -> set[str]:
    """What a protocol has."""
    return {name for name in vars(protocol) if not name.startswith("_")}


def test_every_method_is_tried() -> None:
    assert set(AGENTS) == methods(Agents)
    assert set(VERSIONS) == methods(AgentVersions)
    # What a sweep does is of no organization.
    assert set(SESSIONS) == methods(Sessions) - {"hide_expired", "purge"}
    assert set(BULK) == methods(BulkSessions)
    assert set(TURNS) == methods(Turns) - {"end_expired"}
    assert {*KEYS, *OF_NO_ORGANIZATION} == methods(Keys)
    # An event that is added says its organization itself.
    assert set(AUDIT) == methods(Audit) - {"add"}


TRIED: dict[str, Mapping[str, Callable[[Store, bytes, Kept], object]]] = {
    "agents": AGENTS,
    "versions": VERSIONS,
    "sessions": SESSIONS,
    "bulk": BULK,
    "turns": TURNS,
    "keys": KEYS,
    "audit": AUDIT,
}


@pytest.mark.parametrize("has_its_own", [True, False])
@pytest.mark.parametrize(
    "call",
    [call for calls in TRIED.values() for call in calls.values()],
    ids=[f"{kind}.{name}" for kind, calls in TRIED.items() for name in calls],
)
def test_nothing_of_another_organization_is_found_or_changed(
    store: Store, call: Callable[[Store, bytes, Kept], object], has_its_own: bool
) -> None:
    kept = new_kept(store)
    stranger = new_kept(store).organization_id if has_its_own else new_organization(store)
    begin_turn(store, kept, math.inf)
    before = everything(store, kept.organization_id)
    assert not call(store, stranger, kept)
    assert everything(store, kept.organization_id) == before


@pytest.mark.parametrize(
    "filter", [SessionFilter(), SessionFilter(search="same"), SessionFilter(tags=("t",))]
)
def test_lists_and_counts_are_of_one_organization(store: Store, filter: SessionFilter) -> None:
    agents = [new_agent(store, new_organization(store)) for _ in range(2)]
    made = [[a_session(agent, "same", ("t",)) for _ in range(3)] for agent in agents]
    for pair in zip(*made, strict=True):
        for session in pair:
            create(store, session)
    for agent, sessions in zip(agents, made, strict=True):
        page = store.sessions.list(agent.organization_id, filter, PageRequest())
        assert [row.session for row in page.items] == sessions[::-1]
        assert page.total == 3


def test_an_item_of_another_organization_is_a_place_to_go_on_from_and_no_more(store: Store) -> None:
    mine, theirs = (new_agent(store, new_organization(store)) for _ in range(2))
    made = [a_session(agent) for agent in (mine, theirs, mine)]
    for session in made:
        create(store, session)
    after = (made[1].created_at, made[1].id)
    page = store.sessions.list(mine.organization_id, SessionFilter(), PageRequest(after=after))
    assert [row.session for row in page.items] == [made[0]]


def test_an_agent_of_the_same_id_and_name_in_two_organizations_is_two(store: Store) -> None:
    first = new_agent(store, new_organization(store))
    second = replace(first, organization_id=new_organization(store), system_prompt="Be long.")
    store.agents.create(second, None, math.inf)
    session = a_session(second)
    create(store, session)
    updated = replace(second, description="changed", version=2)
    store.agents.update(second.organization_id, second.id, lambda _: updated, math.inf)
    for agent, count in [(first, 0), (updated, 1)]:
        organization = agent.organization_id
        assert store.agents.get(organization, agent.id) == agent
        assert store.agents.find(organization, agent.name) == agent
        filter = SessionFilter(agent_id=agent.id)
        assert store.sessions.list(organization, filter, PageRequest()).total == count


def test_a_session_of_the_same_id_in_two_organizations_is_two(store: Store) -> None:
    agents = [new_agent(store, new_organization(store)) for _ in range(2)]
    first = a_session(agents[0], "first")
    second = replace(first, organization_id=agents[1].organization_id, agent_id=agents[1].id, title="second")
    for session in (first, second):
        create(store, session)
    assert store.sessions.delete(first.organization_id, first.id, math.inf)
    row = store.sessions.get(second.organization_id, second.id)
    assert row is not None
    assert row.session == second


def test_nothing_is_kept_of_an_organization_that_there_is_not(store: Store) -> None:
    unknown = new_id(now())
    agent = an_agent(unknown)
    with pytest.raises(MissingRow):
        store.agents.create(agent, None, math.inf)
    with pytest.raises(MissingRow):
        store.keys.create(a_key(unknown))
    assert store.agents.get(unknown, agent.id) is None
