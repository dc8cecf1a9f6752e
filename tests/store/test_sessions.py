"""Sessions are kept as they are, each with its agent's capabilities."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.core.errors import Reason, Resource, ServiceError
from server.core.ids import format_id, new_id
from server.core.json import MAX_SAFE_INTEGER, JsonObject
from server.core.layer import EMPTY, CapabilityConfig, Layer
from server.core.page import PageRequest
from server.core.session import Session, SessionFilter, SessionStatus
from server.core.session_store import SessionRow
from server.core.store import Store
from tests.store.examples import (
    a_layer,
    a_session,
    an_agent,
    create,
    new_agent,
    new_organization,
    new_session,
    now,
)
from tests.store.strategies import (
    CONFIGS,
    LAYERS,
    OPTIONAL_TEXT,
    SESSION_STATUSES,
    TAGS,
    TIMES,
    in_one_database,
)


@in_one_database
@given(
    session=st.builds(
        Session,
        organization_id=st.just(b""),
        id=st.binary(min_size=16, max_size=16),
        agent_id=st.just(b""),
        title=OPTIONAL_TEXT,
        tags=TAGS,
        model_id=OPTIONAL_TEXT,
        capabilities=LAYERS,
        status=SESSION_STATUSES,
        created_at=TIMES,
        updated_at=TIMES,
    ),
    capabilities=LAYERS,
)
def test_a_session_comes_back_as_it_was(store: Store, session: Session, capabilities: Layer) -> None:
    organization = new_organization(store)
    agent = replace(an_agent(organization), capabilities=capabilities)
    store.agents.create(agent, None, math.inf)
    session = replace(session, organization_id=organization, agent_id=agent.id)
    assert create(store, session) == session
    row = SessionRow(session, capabilities)
    assert store.sessions.get(organization, session.id) == row
    assert store.sessions.list(organization, SessionFilter(), PageRequest()).items == (row,)
    assert store.sessions.update(organization, session.id, lambda row: row.session, math.inf) == row
    assert store.sessions.get(organization, session.id) == row


@in_one_database
@given(config=CONFIGS)
@example({"a": 1, "b": 1.5, "c": -MAX_SAFE_INTEGER, "d": MAX_SAFE_INTEGER, "e": 0, "f": True, "g": False})
@example({"a": 1e-7, "b": 5e-324, "c": 0.1 + 0.2, "d": 1 / 3, "e": MAX_SAFE_INTEGER - 1, "f": 2**52 + 0.0})
@example({"": None, "a": {}, "b": [], "c": "", "d": [[], {}, None, ""], "\\u0000": "\\", "null": "null"})
@example({"b": 1, "a": 2, "ab": {"z": 1, "y": 2, "aa": 3}, "é": 1, "Z": 1})
@example({"a": "\u2028\ud7ff\ue000\uffff\U0010ffff\u007f\u0001\x1f</script>'\""})
def test_a_config_comes_back_with_the_same_numbers_and_keys(store: Store, config: JsonObject) -> None:
    agent = new_agent(store, new_organization(store))
    session = replace(a_session(agent), capabilities=a_layer(web_fetch=config))
    create(store, session)
    row = store.sessions.get(agent.organization_id, session.id)
    assert row is not None
    assert row.session.capabilities.entries[0].config == config
    # The texts differ where values that are equal in Python do not: 1, 1.0 and True.
    assert row.session.capabilities.text == session.capabilities.text


def test_the_order_of_keys_does_not_matter(store: Store) -> None:
    agent = new_agent(store, new_organization(store))
    one = a_layer(web_fetch={"timeout_ms": 1, "allowed_hosts": ["b", "a"], "nested": {"y": 1, "x": 2}})
    other = a_layer(web_fetch={"nested": {"x": 2, "y": 1}, "allowed_hosts": ["b", "a"], "timeout_ms": 1})
    first = replace(a_session(agent), capabilities=one)
    second = replace(a_session(agent), capabilities=other)
    layers = []
    for session in (first, second):
        create(store, session)
        row = store.sessions.get(agent.organization_id, session.id)
        layers.append(row.session.capabilities if row else EMPTY)
    assert layers[0] == layers[1] == one == other


def test_a_session_is_as_large_as_the_limits_allow(store: Store) -> None:
    deep: JsonObject = {"leaf": "ñ" * 100}
    for level in range(15):
        deep = {f"level {level}": deep, "list": [level, level + 0.5, None, "🙂"]}
    layer = Layer.of(CapabilityConfig(f"capability_{number}", deep) for number in range(100))
    agent = replace(an_agent(new_organization(store)), capabilities=layer, system_prompt="x" * 2**20)
    store.agents.create(agent, None, math.inf)
    session = replace(
        a_session(agent, title="🙂" * 500, tags=tuple(f"{number:0100}" for number in range(50))),
        model_id="m" * 128,
        capabilities=layer,
    )
    create(store, session)
    assert store.sessions.get(agent.organization_id, session.id) == SessionRow(session, layer)


def test_entries_keep_their_order_and_an_empty_config_is_not_none(store: Store) -> None:
    agent = new_agent(store, new_organization(store))
    layer = a_layer(web_fetch=None, current_time={}, bash={"b": None}, a=None)
    session = replace(a_session(agent), capabilities=layer)
    create(store, session)
    row = store.sessions.get(agent.organization_id, session.id)
    assert row is not None
    assert [(entry.ref, entry.config) for entry in row.session.capabilities.entries] == [
        ("web_fetch", None),
        ("current_time", {}),
        ("bash", {"b": None}),
        ("a", None),
    ]


def test_what_there_is_not_is_not_found(store: Store) -> None:
    session = new_session(store, new_agent(store, new_organization(store)))
    organization, unknown = session.organization_id, new_id(now())
    assert store.sessions.get(organization, unknown) is None
    assert store.sessions.update(organization, unknown, lambda row: row.session, math.inf) is None
    assert store.sessions.delete(organization, unknown, math.inf) is False
    assert store.sessions.get(organization, session.agent_id) is None


def test_an_unknown_agent_is_refused(store: Store) -> None:
    session = a_session(an_agent(new_organization(store)))
    with pytest.raises(ServiceError) as error:
        create(store, session)
    assert error.value.reason is Reason.AGENT_NOT_FOUND
    assert error.value.resource == Resource("agent", format_id("agent", session.agent_id))
    assert store.sessions.get(session.organization_id, session.id) is None
    assert store.sessions.list(session.organization_id, SessionFilter(), PageRequest()).total == 0


def test_an_update_keeps_what_it_makes_of_the_stored_session(store: Store) -> None:
    agent = replace(an_agent(new_organization(store)), capabilities=a_layer(current_time=None))
    store.agents.create(agent, None, math.inf)
    session = new_session(store, agent, "before")
    wanted = replace(
        session,
        title=None,
        tags=("a", "b"),
        model_id="gpt-4o",
        capabilities=a_layer(web_fetch={"timeout_ms": 30000}),
        status=SessionStatus.IDLE,
        updated_at=now(),
    )
    seen: list[SessionRow] = []

    def change(row: SessionRow) -> Session:
        seen.append(row)
        return wanted

    updated = store.sessions.update(session.organization_id, session.id, change, math.inf)
    assert seen == [SessionRow(session, agent.capabilities)]
    assert updated == SessionRow(wanted, agent.capabilities)
    assert store.sessions.get(session.organization_id, session.id) == updated


def test_a_session_follows_its_agent(store: Store) -> None:
    agent = new_agent(store, new_organization(store))
    session = new_session(store, agent)
    layer = a_layer(web_fetch={"timeout_ms": 1})
    store.agents.update(
        agent.organization_id, agent.id, lambda agent: replace(agent, capabilities=layer), math.inf
    )
    assert store.sessions.get(agent.organization_id, session.id) == SessionRow(session, layer)


def test_what_a_change_raises_comes_out_and_nothing_is_written(store: Store) -> None:
    session = new_session(store, new_agent(store, new_organization(store)), "before")
    error = ValueError("no")

    def change(row: SessionRow) -> Session:
        raise error

    with pytest.raises(ValueError, match="no") as raised:
        store.sessions.update(session.organization_id, session.id, change, math.inf)
    assert raised.value is error
    row = store.sessions.get(session.organization_id, session.id)
    assert row is not None
    assert row.session == session


def test_a_deleted_session_is_gone_once(store: Store) -> None:
    session = new_session(store, new_agent(store, new_organization(store)))
    assert store.sessions.delete(session.organization_id, session.id, math.inf) is True
    assert store.sessions.get(session.organization_id, session.id) is None
    assert store.sessions.delete(session.organization_id, session.id, math.inf) is False
    assert (
        store.sessions.update(session.organization_id, session.id, lambda row: row.session, math.inf) is None
    )
