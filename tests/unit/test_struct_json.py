"""What a google.protobuf.Struct carries comes in and goes out as it is, or is refused with its path."""

from __future__ import annotations

import json
import math

import pytest
from google.protobuf.struct_pb2 import ListValue, Struct, Value
from hypothesis import given

from server.core.errors import Reason, Violation
from server.core.json import JsonObject, JsonValue
from server.rpc.struct_json import StructDecoder, to_struct, to_value
from tests.unit.strategies import PATCHES

DECODER = StructDecoder(max_bytes=65536, max_depth=16)


def decoded(struct: Struct, decoder: StructDecoder = DECODER) -> tuple[JsonObject, list[Violation]]:
    violations: list[Violation] = []
    return decoder.decode(struct, "capabilities[2].config", violations), violations


def refused(value: Value) -> list[tuple[str, Reason]]:
    """What is refused of a value at `a[1].b`."""
    inner = Value(struct_value=Struct(fields={"b": value}))
    items = ListValue(values=[Value(bool_value=True), inner])
    return paths(Struct(fields={"a": Value(list_value=items), "c": Value(number_value=1)}))


def paths(struct: Struct) -> list[tuple[str, Reason]]:
    return [(violation.field, violation.reason) for violation in decoded(struct)[1]]


PLACE = "capabilities[2].config.a[1].b"


@given(PATCHES)
def test_json_comes_back_as_it_went_out(value: JsonObject) -> None:
    # As bytes too, so that it also holds for what gRPC carries.
    struct = Struct.FromString(to_struct(value).SerializeToString())
    again, violations = decoded(struct)
    assert violations == []
    assert spelled(again) == spelled(value)


@given(PATCHES)
def test_a_value_alone_is_the_same_as_within_an_object(value: JsonObject) -> None:
    for key, child in value.items():
        assert to_value(child) == to_struct({key: child}).fields[key]


def spelled(value: JsonObject) -> str:
    """As text, in which 1 is neither 1.0 nor true, nor an empty list an empty object."""
    return json.dumps(value, sort_keys=True)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (30000, "30000"),
        (30000.0, "30000"),
        (0, "0"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (-1.5, "-1.5"),
        (2**53, "9007199254740992"),
        (-(2**53), "-9007199254740992"),
        (5e-324, "5e-324"),
    ],
)
def test_a_number_keeps_its_value(number: float, text: str) -> None:
    value, violations = decoded(Struct(fields={"n": Value(number_value=number)}))
    assert violations == []
    assert json.dumps(value["n"]) == text


@pytest.mark.parametrize("number", [2**53 + 2, -(2**53) - 2, 1e20, -1e300, math.inf, -math.inf, math.nan])
def test_a_number_that_json_and_protobuf_cannot_both_hold_is_refused(number: float) -> None:
    assert refused(Value(number_value=number)) == [(PLACE, Reason.NUMBER_NOT_REPRESENTABLE)]


def test_a_number_is_refused_with_what_is_wrong_with_it() -> None:
    def text(number: float) -> str:
        (violation,) = decoded(Struct(fields={"n": Value(number_value=number)}))[1]
        return violation.description

    assert text(math.nan) == text(math.inf) == text(-math.inf) == "must be a finite number"
    assert text(1e17) == "must be within ±2^53, or it would not come back as it is"


def test_text_with_nul_is_refused() -> None:
    assert refused(Value(string_value="a\0b")) == [(PLACE, Reason.INVALID_FIELD)]


def test_a_key_with_nul_is_refused_and_shown_without() -> None:
    struct = Struct(fields={"a\0b": Value(bool_value=True), "c": Value(bool_value=True)})
    value, violations = decoded(struct)
    assert [(v.field, v.reason) for v in violations] == [
        ("capabilities[2].config.a\\0b", Reason.INVALID_FIELD)
    ]
    assert value == {"c": True}


def test_a_value_without_a_kind_is_refused() -> None:
    assert refused(Value()) == [(PLACE, Reason.INVALID_FIELD)]


@pytest.mark.parametrize("value", [None, False, 0, "", [], {}, [None], [[]], [{}], {"a": {}}])
def test_empty_values_are_all_different(value: JsonValue) -> None:
    again, violations = decoded(to_struct({"a": value}))
    assert violations == []
    assert spelled(again) == spelled({"a": value})


def nested(levels: int) -> JsonObject:
    value: JsonObject = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


def test_as_deep_as_allowed_is_taken_and_deeper_is_refused_where_it_begins() -> None:
    assert decoded(to_struct(nested(16))) == (nested(16), [])
    _, violations = decoded(to_struct(nested(17)))
    assert [(v.field, v.reason) for v in violations] == [
        ("capabilities[2].config" + ".a" * 16, Reason.LIMIT_EXCEEDED)
    ]


def test_lists_are_levels_too() -> None:
    assert decoded(to_struct({"a": [[1]]}), StructDecoder(100, 3))[1] == []
    _, violations = decoded(to_struct({"a": [[1]]}), StructDecoder(100, 2))
    assert [(v.field, v.reason) for v in violations] == [
        ("capabilities[2].config.a[0]", Reason.LIMIT_EXCEEDED)
    ]


def test_too_deep_in_many_places_is_said_once() -> None:
    _, violations = decoded(to_struct({"a": [{}, {}], "b": {"c": {}}}), StructDecoder(100, 2))
    assert len(violations) == 1


@pytest.mark.parametrize(
    ("value", "size"),
    [({}, 2), ({"a": 1}, 7), ({"a": "é"}, 10), ({"a": [1, 2.5], "b": None}, 22), ({"a": '"'}, 10)],
)
def test_size_is_that_of_the_shortest_json(value: JsonObject, size: int) -> None:
    assert decoded(to_struct(value), StructDecoder(size, 16))[1] == []
    _, violations = decoded(to_struct(value), StructDecoder(size - 1, 16))
    text = f"must have at most {size - 1} bytes of JSON, not {size}"
    assert violations == [Violation("capabilities[2].config", text, Reason.LIMIT_EXCEEDED)]


def test_all_that_is_wrong_is_said_at_once() -> None:
    struct = Struct(
        fields={
            "a": Value(number_value=math.nan),
            "b": Value(),
            "c": Value(string_value="\0"),
            "d": Value(number_value=1e17),
        }
    )
    assert sorted(paths(struct)) == [
        ("capabilities[2].config.a", Reason.NUMBER_NOT_REPRESENTABLE),
        ("capabilities[2].config.b", Reason.INVALID_FIELD),
        ("capabilities[2].config.c", Reason.INVALID_FIELD),
        ("capabilities[2].config.d", Reason.NUMBER_NOT_REPRESENTABLE),
    ]
