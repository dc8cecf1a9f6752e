"""A comparison is empty exactly when the digests are equal, and says what differs when they are not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.catalog import Catalog
from server.core.comparison import Change, Comparison, compare
from server.core.explanation import explain
from server.core.json import JsonObject
from server.core.layer import Layer
from server.core.merge import Layers, merge
from server.core.model import ANY_MODEL
from server.core.runtime_agent import RuntimeSettings, compose
from tests.unit.capabilities import BUILT_IN, layer, merged
from tests.unit.strategies import MODEL_TABLES, MODELS, merges, strict_merges

SETTINGS = st.builds(
    RuntimeSettings, st.sampled_from(["p", "q"]), MODELS, MODELS, MODELS, st.integers(1, 2), MODEL_TABLES
)
PLAIN = RuntimeSettings("p", None, None, None, 100, ANY_MODEL)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Catalog, Layers, Layers]:
    """A catalog and two sessions, which are often the same, or nearly."""
    catalog, a = draw(merges() | strict_merges())
    agent, session = list(a.agent.entries), list(a.session.entries)
    kind = draw(st.sampled_from(["same", "shuffled", "moved", "cut", "set", "other"]))
    if kind == "shuffled":
        agent, session = draw(st.permutations(agent)), draw(st.permutations(session))
    elif kind == "moved" and agent:
        session.append(agent.pop())
    elif kind == "cut":
        session = session[:-1]
    elif kind == "set":
        session = [replace(entry, config={"c": 1}) for entry in session]
    elif kind == "other":
        agent, session = session, agent
    return catalog, a, Layers(Layer.of(agent), Layer.of(session), a.base)


@given(pairs(), SETTINGS, SETTINGS, st.sampled_from([True, True, True, False]))
def test_it_is_empty_exactly_when_the_digests_are_equal(
    pair: tuple[Catalog, Layers, Layers], one: RuntimeSettings, other: RuntimeSettings, alike: bool
) -> None:
    catalog, layers_a, layers_b = pair
    a = explain(compose(merge(catalog, layers_a), one))
    b = explain(compose(merge(catalog, layers_b), one if alike else other))
    assert compare(a, b).is_empty is (a.digest == b.digest)
    assert compare(a, a).is_empty


@given(pairs())
def test_it_is_the_same_from_the_other_side(pair: tuple[Catalog, Layers, Layers]) -> None:
    catalog, *both = pair
    a, b = (explain(compose(merge(catalog, layers), PLAIN)) for layers in both)
    there, back = compare(a, b), compare(b, a)
    for ours, theirs in (
        (there.capabilities, back.capabilities),
        (there.tools, back.tools),
        (there.prompt, back.prompt),
        (there.problems, back.problems),
    ):
        added = sum(Change.ADDED in difference.changes for difference in ours)
        assert added == sum(Change.REMOVED in difference.changes for difference in theirs)
    assert there.is_empty is back.is_empty


def compared(a: Layer, b: Layer) -> Comparison:
    one, other = (explain(compose(merged(BUILT_IN, session=side), PLAIN)) for side in (a, b))
    return compare(one, other)


@pytest.mark.parametrize(
    ("one", "other"), [({"max_bytes": 1}, {"max_bytes": True}), ({"x": 0}, {"x": False}), ({}, {"x": "1"})]
)
def test_values_that_python_calls_equal_differ(one: JsonObject, other: JsonObject) -> None:
    found = compared(layer(("web_fetch", one)), layer(("web_fetch", other)))
    assert [difference.ref for difference in found.config] == ["web_fetch"]


def test_a_whole_number_is_the_same_in_either_spelling() -> None:
    assert compared(layer(("web_fetch", {"x": 5})), layer(("web_fetch", {"x": 5.0}))).is_empty


def test_what_moves_is_told_apart_from_what_makes_room() -> None:
    found = compared(
        layer("noop", "openui", "web_fetch"), layer("current_time", "openui", "web_fetch", "noop")
    )
    assert {d.either.resolved.capability.id: d.changes for d in found.capabilities} == {
        "noop": (Change.MOVED,),
        "current_time": (Change.ADDED,),
    }
    assert [d.either.tool.tool.name for d in found.tools] == ["get_current_time"]
    assert [(c.ref, c.leaf.changes) for c in found.config] == [("current_time", (Change.ADDED,))]


def test_a_difference_in_one_part_alone_is_a_difference() -> None:
    config = compared(layer(("web_fetch", {"timeout_ms": 5})), layer(("web_fetch", {"timeout_ms": 6})))
    order = compared(layer("noop", "agent_instructions"), layer("agent_instructions", "noop"))
    for found, part in ((config, "config"), (order, "capabilities")):
        parts = ("capabilities", "config", "tools", "features", "problems")
        assert [name for name in parts if getattr(found, name)] == [part]
        assert not found.is_empty


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        (replace(PLAIN, agent_prompt="q"), "prompt"),
        (replace(PLAIN, agent_model="m"), "model"),
        (replace(PLAIN, max_iterations=99), "max_iterations"),
    ],
)
def test_settings_differ_too(changed: RuntimeSettings, part: str) -> None:
    one, other = (
        explain(compose(merged(BUILT_IN, session=layer("noop")), settings)) for settings in (PLAIN, changed)
    )
    found = compare(one, other)
    assert getattr(found, part)
    assert not found.is_empty
