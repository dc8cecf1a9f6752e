"""An effective config is RFC 7396 layer after layer, and each leaf knows where it is from."""

from __future__ import annotations

import copy
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.effective_config import (
    EffectiveConfig,
    LayerName,
    Overridden,
    Provenance,
    pointer,
    replay,
)
from server.core.json import JsonObject, JsonValue
from tests.unit.merge_patch import merge_patch, value_at
from tests.unit.strategies import JSON_OBJECTS, KEYS, PATCHES

DEFAULT, BASE, AGENT, SESSION = LayerName
ABOVE = (BASE, AGENT, SESSION)

# RFC 7396, appendix A: original, patch, result.
APPENDIX_A: list[tuple[JsonValue, JsonValue, JsonValue]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


def built(*layers: JsonObject) -> EffectiveConfig:
    default, *above = layers
    config = EffectiveConfig(default)
    for name, patch in zip(ABOVE, above, strict=False):
        config.apply(name, patch)
    return config


def by_path(config: EffectiveConfig) -> dict[str, Provenance]:
    return {leaf.path: leaf for leaf in config.provenance()}


LAYERS = st.tuples(JSON_OBJECTS, PATCHES, PATCHES, PATCHES)


@pytest.mark.parametrize(("original", "patch", "result"), APPENDIX_A)
def test_the_reference_does_what_the_rfc_shows(
    original: JsonValue, patch: JsonValue, result: JsonValue
) -> None:
    assert merge_patch(original, patch) == result


# A config's default has no null in it, so the one example that has is the reference's alone.
@pytest.mark.parametrize(
    ("original", "patch", "result"), [row for row in APPENDIX_A if row[0] != {"e": None}]
)
def test_a_layer_does_what_the_rfc_shows(original: JsonValue, patch: JsonValue, result: JsonValue) -> None:
    within = built({"x": original}, {"x": patch})
    assert within.value() == ({} if result is None else {"x": result})
    if isinstance(original, dict) and isinstance(patch, dict):
        assert built(original, patch).value() == result


@given(LAYERS)
def test_the_value_is_that_of_the_reference(layers: tuple[JsonObject, ...]) -> None:
    expected: JsonValue = layers[0]
    for patch in layers[1:]:
        expected = merge_patch(expected, patch)
    assert built(*layers).value() == expected


@given(LAYERS)
def test_building_changes_no_layer(layers: tuple[JsonObject, ...]) -> None:
    before = copy.deepcopy(layers)
    built(*layers).provenance()
    assert layers == before


@given(LAYERS)
def test_replaying_the_provenance_rebuilds_the_config(layers: tuple[JsonObject, ...]) -> None:
    config = built(*layers)
    assert replay(config.provenance()) == config.value()


@given(LAYERS)
def test_there_is_one_leaf_a_path_sorted_and_none_within_another(layers: tuple[JsonObject, ...]) -> None:
    paths = [leaf.path for leaf in built(*layers).provenance()]
    assert paths == sorted(set(paths))
    assert not [path for path in paths for other in paths if other.startswith(f"{path}/")]


@given(LAYERS)
def test_a_leaf_is_of_the_last_layer_that_set_it(layers: tuple[JsonObject, ...]) -> None:
    for path, leaf in leaves_of(built(*layers)):
        assert leaf.layer is setters(layers, path)[-1][0], leaf


@given(LAYERS)
def test_a_leaf_lists_the_values_that_it_beat_lowest_first(layers: tuple[JsonObject, ...]) -> None:
    for path, leaf in leaves_of(built(*layers)):
        assert list(leaf.overridden) == [Overridden(name, value) for name, value in beaten(layers, path)], (
            leaf
        )
        names = [list(LayerName).index(name) for name in (*(o.layer for o in leaf.overridden), leaf.layer)]
        assert all(lower < higher for lower, higher in pairwise(names))


def leaves_of(config: EffectiveConfig) -> list[tuple[tuple[str, ...], Provenance]]:
    """The leaves with their paths as keys."""
    found = []
    for leaf in config.provenance():
        steps = leaf.path.split("/")[1:]
        found.append((tuple(step.replace("~1", "/").replace("~0", "~") for step in steps), leaf))
    return found


def setters(layers: tuple[JsonObject, ...], path: tuple[str, ...]) -> list[tuple[LayerName, JsonValue]]:
    """The layers that made the value at a path what it is after them, each with that value."""
    config: JsonValue = {}
    found: list[tuple[LayerName, JsonValue]] = []
    for name, patch in zip(LayerName, layers, strict=True):
        before = value_at(config, path)
        config = merge_patch(config, patch)
        there, value = after = value_at(config, path)
        _, change = value_at(patch, path)
        if not there:
            found = []
        elif spelled(before) != spelled(after) or sets_a_leaf(change):
            found.append((name, value))
    # At the root there is the empty object before any layer.
    return found or [(DEFAULT, {})]


def beaten(layers: tuple[JsonObject, ...], path: tuple[str, ...]) -> list[tuple[LayerName, JsonValue]]:
    """The values at a path since it is a scalar or a list for good, and the object that was there before."""
    found = setters(layers, path)
    objects = [place for place, (_, value) in enumerate(found) if isinstance(value, dict)]
    return found[objects[-1] if objects else 0 : -1]


def sets_a_leaf(change: JsonValue) -> bool:
    if isinstance(change, dict):
        return any(map(sets_a_leaf, change.values()))
    return change is not None


def spelled(value: object) -> str:
    """As text, in which true is not 1."""
    return repr(value)


def test_an_object_beaten_by_a_scalar_is_of_the_highest_layer_within() -> None:
    config = built({"a": {"b": 1, "c": 2}}, {}, {"a": {"c": 3}}, {"a": 4})
    assert by_path(config)["/a"].overridden == (Overridden(AGENT, {"b": 1, "c": 3}),)


def test_a_leaf_set_again_to_the_same_value_is_of_the_higher_layer() -> None:
    leaf = by_path(built({"a": 1}, {}, {"a": 1}))["/a"]
    assert (leaf.layer, leaf.overridden) == (AGENT, (Overridden(DEFAULT, 1),))


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        (({},), ("", DEFAULT)),
        (({"a": 1}, {}, {"a": None}), ("", AGENT)),
        (({"a": {"b": 1}}, {}, {}, {"a": {"b": None}}), ("/a", SESSION)),
        (({"a": {}}, {}, {}, {"a": {"b": None}}), ("/a", DEFAULT)),
        (({"a": {}}, {}, {"a": {}}), ("/a", DEFAULT)),
        (({}, {"a": {}}), ("/a", BASE)),
    ],
)
def test_an_empty_object_is_a_leaf_of_the_layer_that_emptied_it(
    layers: tuple[JsonObject, ...], expected: tuple[str, LayerName]
) -> None:
    leaves = built(*layers).provenance()
    assert [(leaf.path, leaf.layer, leaf.value) for leaf in leaves] == [(*expected, {})]


@given(st.lists(KEYS, min_size=1))
def test_a_pointer_leads_back_to_its_path(path: list[str]) -> None:
    config = replay([Provenance(pointer(path), AGENT, 1, ())])
    assert value_at(config, tuple(path)) == (True, 1)


def test_a_pointer_escapes_as_rfc_6901_says() -> None:
    assert pointer(["a/b", 0, "m~n", "~1", ""]) == "/a~1b/0/m~0n/~01/"
    assert pointer([]) == ""


def test_leaves_within_leaves_are_not_replayed() -> None:
    leaves = [Provenance("/a", AGENT, 1, ()), Provenance("/a/b", AGENT, 2, ())]
    with pytest.raises(ValueError, match="/a/b goes through a value that is no object"):
        replay(leaves)


def test_a_value_is_a_new_object_at_every_call() -> None:
    config = built({"a": {"b": 1}})
    config.value()["a"] = "changed"
    assert config.value() == {"a": {"b": 1}}
