"""Layers are known by their text, which is what a store keeps."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from server.core.json import JsonObject
from server.core.layer import EMPTY, CapabilityConfig, Layer, Mode
from tests.unit import strategies

ENTRIES = st.lists(strategies.ENTRIES, max_size=4)


@given(ENTRIES)
def test_a_layer_is_read_back_from_its_text(entries: list[CapabilityConfig]) -> None:
    layer = Layer.of(entries)
    again = Layer.parse(layer.text)
    assert again == layer
    assert hash(again) == hash(layer)
    assert again.entries == layer.entries == tuple(entries)


@given(ENTRIES)
def test_numbers_are_read_back_in_their_type(entries: list[CapabilityConfig]) -> None:
    # repr tells 1 from 1.0 and from true, which == does not; keys are sorted to compare it.
    read = [
        entry.config and json.dumps(entry.config, sort_keys=True)
        for entry in Layer.parse(Layer.of(entries).text).entries
    ]
    assert read == [entry.config and json.dumps(entry.config, sort_keys=True) for entry in entries]


@given(ENTRIES, st.sampled_from([None, 2]))
def test_however_a_database_spaces_and_orders_the_text_it_is_the_same_layer(
    entries: list[CapabilityConfig], indent: int | None
) -> None:
    layer = Layer.of(entries)
    content: list[JsonObject] = json.loads(layer.text)
    rewritten = [_reversed(entry) for entry in content]
    assert Layer.parse(json.dumps(rewritten, indent=indent)) == layer
    assert Layer.parse(json.dumps(rewritten, indent=indent, ensure_ascii=False)) == layer


def _reversed(value: JsonObject) -> JsonObject:
    return {
        key: _reversed(child) if isinstance(child, dict) else child for key, child in reversed(value.items())
    }


@given(ENTRIES, ENTRIES)
def test_layers_are_equal_when_their_entries_are(
    one: list[CapabilityConfig], other: list[CapabilityConfig]
) -> None:
    same = json.dumps(_plain(one), sort_keys=True) == json.dumps(_plain(other), sort_keys=True)
    assert (Layer.of(one) == Layer.of(other)) is same


def _plain(entries: list[CapabilityConfig]) -> list[list[object]]:
    return [[entry.ref, entry.config, entry.mode, entry.locked] for entry in entries]


def test_no_config_and_an_empty_one_are_two_things() -> None:
    assert Layer.of([CapabilityConfig("a")]) != Layer.of([CapabilityConfig("a", {})])
    assert Layer.parse('[{"ref": "a", "config": {}}]').entries == (CapabilityConfig("a", {}),)
    assert Layer.parse('[{"ref": "a", "config": null}]').entries == (CapabilityConfig("a"),)


def test_what_is_not_said_is_not_kept() -> None:
    """So that layers kept before there were modes and locks have the text that they would have now."""
    assert Layer.of([CapabilityConfig("a")]).text == '[{"config":null,"ref":"a"}]'
    whole = Layer.of([CapabilityConfig("a", None, Mode.EXCLUDE), CapabilityConfig("b", {}, locked=("/c",))])
    assert whole.text == (
        '[{"config":null,"mode":"exclude","ref":"a"},{"config":{},"locked":["/c"],"ref":"b"}]'
    )


def test_the_order_of_entries_matters() -> None:
    a, b = CapabilityConfig("a"), CapabilityConfig("b")
    assert Layer.of([a, b]) != Layer.of([b, a])


def test_there_is_one_empty_layer() -> None:
    assert Layer.of([]) is EMPTY
    assert Layer.parse("[]") == Layer.parse(" [ ] ") == EMPTY


def test_a_large_layer_is_read_back_too() -> None:
    layer = Layer.of([CapabilityConfig("a", {"text": "x" * 10_000})])
    assert Layer.parse(layer.text) == layer


def test_a_layer_is_no_text() -> None:
    assert EMPTY != "[]"
    assert repr(EMPTY) == "Layer([])"
