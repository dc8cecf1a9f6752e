"""What a version of an agent is, and what differs between two."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.agent import Agent, AgentSpec, AgentStatus
from server.core.agent_version import AgentChange, AgentVersion, at_version, diff, succeed, version_of
from server.core.layer import CapabilityConfig, Layer
from tests.unit.strategies import AGENTS, ENTRIES

SETTABLE = [field.name for field in fields(AgentSpec) if field.name != "id"]
LAYER = st.lists(ENTRIES, max_size=3, unique_by=lambda entry: entry.ref).map(Layer.of)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Agent, Agent]:
    """An agent before and after a change of some of what a caller may set, perhaps to what there was."""
    before, other = (replace(agent, capabilities=draw(LAYER)) for agent in draw(st.tuples(AGENTS, AGENTS)))
    names = draw(st.lists(st.sampled_from(SETTABLE), unique=True))
    changed = {name: getattr(other, name) for name in names}
    if draw(st.booleans()):
        changed["capabilities"] = Layer.of(draw(st.permutations(before.capabilities.entries)))
    return before, replace(before, **changed, updated_at=other.updated_at, status=other.status)


def content(agent: Agent) -> list[object]:
    """All that a caller may set."""
    return [getattr(agent, name) for name in SETTABLE]


def as_it_was_told(version: AgentVersion) -> AgentVersion:
    """A version but for its number and time."""
    return replace(version, number=0, created_at=0)


@given(pairs())
def test_nothing_differs_exactly_when_all_is_equal(pair: tuple[Agent, Agent]) -> None:
    before, after = pair
    changes = diff(version_of(before), version_of(after))
    assert (changes == []) is (content(before) == content(after))
    assert [change.path for change in changes] == sorted({change.path for change in changes})
    back = diff(version_of(after), version_of(before))
    assert back == [AgentChange(change.path, change.new, change.old) for change in changes]


@given(pairs())
def test_a_change_is_a_version_exactly_when_something_differs(pair: tuple[Agent, Agent]) -> None:
    before, after = pair
    made = succeed(before, after)
    assert made.version - before.version == (content(before) != content(after))
    assert replace(made, version=after.version) == after
    assert succeed(made, made) == made


@given(pairs())
def test_what_an_agent_was_it_can_be_again(pair: tuple[Agent, Agent]) -> None:
    before, after = pair
    restored = at_version(after, version_of(before))
    assert content(restored) == content(before)
    assert as_it_was_told(version_of(restored)) == as_it_was_told(version_of(before))
    assert (restored.status, restored.updated_at) == (after.status, after.updated_at)


ENTRY = CapabilityConfig("web_fetch", {"a/b": {"c": 1, "d": [1, 2]}})


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (replace(ENTRY, locked=("/a",)), AgentChange("/capabilities/web_fetch/locked", None, ["/a"])),
        (
            replace(ENTRY, config={"a/b": {"c": True, "d": [1, 2]}}),
            AgentChange("/capabilities/web_fetch/config/a~1b/c", 1, True),
        ),
        (
            replace(ENTRY, config={"a/b": {"c": 1, "d": [2, 1]}}),
            AgentChange("/capabilities/web_fetch/config/a~1b/d", [1, 2], [2, 1]),
        ),
    ],
)
def test_a_capability_is_compared_by_its_id(entry: CapabilityConfig, expected: AgentChange) -> None:
    first = Agent(b"", b"", "n", None, None, "p", None, (), Layer.of([ENTRY]), 1, AgentStatus.ACTIVE, 1, 1)
    noop = CapabilityConfig("noop")
    second = replace(first, capabilities=Layer.of([noop, entry]))
    assert diff(version_of(first), version_of(second)) == [
        AgentChange("/capabilities", ["web_fetch"], ["noop", "web_fetch"]),
        expected,
    ]
