from __future__ import annotations

import math

import orjson
import pytest
from google.protobuf.struct_pb2 import Struct
from hypothesis import given

from gateway.json_value import JsonObject, JsonValue
from gateway.struct_json import MAX_STRUCT_LEVELS, parse_struct, render_struct
from gateway.violations import Violation, Violations
from tests.gateway.unit.json_strategies import OBJECTS


def _parse(tree: JsonObject) -> tuple[Struct, list[Violation]]:
    struct, violations = Struct(), Violations()
    parse_struct(struct, tree, (None, "config"), violations)
    return struct, list(violations)


def _nested(levels: int, of: str) -> JsonObject:
    value: JsonValue = 1
    for _ in range(levels - 1):
        value = {"a": value} if of == "objects" else [value]
    return {"a": value}


@given(OBJECTS)
def test_what_comes_in_comes_out(tree: JsonObject) -> None:
    struct, violations = _parse(tree)
    assert violations == []
    # As bytes too, so that it also holds for what gRPC carries.
    assert render_struct(Struct.FromString(struct.SerializeToString())) == tree


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (30000, "30000"),
        (30000.0, "30000"),
        (1e3, "1000"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (2**53, "9007199254740992"),
        (-(2**53), "-9007199254740992"),
        (1e-7, "1e-7"),
    ],
)
def test_a_number_keeps_its_value(number: float, text: str) -> None:
    struct, violations = _parse({"n": number})
    assert violations == []
    assert orjson.dumps(render_struct(struct)).decode() == f'{{"n":{text}}}'


@pytest.mark.parametrize(
    "number", [2**53 + 1, -(2**53) - 1, 2**64, 10**400, 1e20, -1e300, math.inf, -math.inf, math.nan]
)
def test_a_number_that_would_be_corrupted_is_refused_with_its_path(number: float) -> None:
    _, violations = _parse({"a": [{"n": number}], "b": 1})
    assert [(found.field, found.reason) for found in violations] == [
        ("config.a[0].n", "NUMBER_NOT_REPRESENTABLE")
    ]


def test_keys_come_out_sorted() -> None:
    struct, _ = _parse({"b": 1, "a": {"d": 1, "c": 1}, "c": 1})
    assert orjson.dumps(render_struct(struct)) == b'{"a":{"c":1,"d":1},"b":1,"c":1}'


@pytest.mark.parametrize("of", ["objects", "lists"])
def test_as_deep_as_protobuf_reads_is_accepted_and_deeper_is_refused(of: str) -> None:
    struct, violations = _parse(_nested(MAX_STRUCT_LEVELS, of))
    assert violations == []
    Struct.FromString(struct.SerializeToString())
    _, violations = _parse(_nested(MAX_STRUCT_LEVELS + 1, of))
    assert [found.reason for found in violations] == ["LIMIT_EXCEEDED"]


def test_empty_containers_are_not_null() -> None:
    struct, _ = _parse({"a": {}, "b": [], "c": None, "d": "", "e": False, "f": 0})
    assert render_struct(struct) == {"a": {}, "b": [], "c": None, "d": "", "e": False, "f": 0}
