"""A repeated request is recognized, and its first answer is kept whole."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import orjson
from hypothesis import given
from hypothesis import strategies as st

from server.core.agent import Agent, AgentStatus
from server.core.idempotency import (
    Part,
    decode_agent,
    decode_session,
    encode_agent,
    encode_session,
    fingerprint,
)
from server.core.layer import EMPTY, CapabilityConfig, Layer
from server.core.session import SessionStatus, SessionView
from tests.unit.strategies import AGENTS, LAYERS, SESSIONS, TAGS, TEXT, UUIDS

PARTS: st.SearchStrategy[Part] = st.none() | TEXT | st.integers(-(2**53), 2**53) | UUIDS | LAYERS | TAGS


@given(st.builds(SessionView, SESSIONS, TAGS))
def test_a_session_is_read_back_as_it_was_answered(view: SessionView) -> None:
    again = decode_session(encode_session(view))
    assert again == view
    assert isinstance(again.session.status, SessionStatus)
    assert again.session.capabilities.entries == view.session.capabilities.entries


@given(AGENTS)
def test_an_agent_is_read_back_as_it_was_answered(agent: Agent) -> None:
    again = decode_agent(encode_agent(agent))
    assert again == agent
    assert isinstance(again.status, AgentStatus)
    assert again.capabilities.entries == agent.capabilities.entries


@given(st.lists(PARTS, min_size=1))
def test_equal_requests_have_equal_fingerprints(parts: list[Part]) -> None:
    assert fingerprint(*parts) == fingerprint(*list(parts))
    assert len(fingerprint(*parts)) == 32


@given(st.lists(PARTS, min_size=1, max_size=5), st.data())
def test_another_part_is_another_fingerprint(parts: list[Part], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(parts) - 1))
    other = data.draw(_like(parts[place]))
    changed = [*parts[:place], other, *parts[place + 1 :]]
    assert (fingerprint(*changed) == fingerprint(*parts)) is (other == parts[place])


def _like(part: Part) -> st.SearchStrategy[Part]:
    """Parts that may stand in the same place: None, or the same type."""
    match part:
        case bytes():
            return st.none() | UUIDS
        case tuple():
            return TAGS
        case Layer():
            return LAYERS
        case int():
            return st.integers(1, 1000)
    return st.none() | TEXT


def test_the_order_of_parts_matters() -> None:
    prints = {fingerprint(*parts) for parts in permutations(["a", None, "b", 1])}
    assert len(prints) == 24


def test_parts_do_not_run_together() -> None:
    assert fingerprint("ab", "c") != fingerprint("a", "bc")
    assert fingerprint(("a", "b"), ()) != fingerprint(("a",), ("b",))
    assert fingerprint("a", None) != fingerprint("a")
    assert fingerprint("", None) != fingerprint(None, "")


def test_a_layers_keys_are_in_no_order() -> None:
    one = Layer.of([CapabilityConfig("a", {"x": 1, "y": 2})])
    other = Layer.of([CapabilityConfig("a", {"y": 2, "x": 1})])
    assert fingerprint(one) == fingerprint(other)
    assert fingerprint(one) != fingerprint(EMPTY)


@given(AGENTS, st.builds(SessionView, SESSIONS, TAGS))
def test_what_was_kept_before_there_were_versions_is_read(agent: Agent, view: SessionView) -> None:
    old_agent, old_session = orjson.loads(encode_agent(agent)), orjson.loads(encode_session(view))
    assert decode_agent(orjson.dumps(old_agent[:-1])) == replace(agent, version=1)
    session = replace(view.session, created_version=1, pinned_version=None)
    assert decode_session(orjson.dumps(old_session[:-2])) == replace(view, session=session)
