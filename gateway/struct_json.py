"""`google.protobuf.Struct` and JSON: numbers keep their value, or are refused.

A Struct has doubles only. An integral double within ±2^53 comes out as an integer, so 30000 stays
30000. A number beyond ±2^53 is refused when it comes in, however it is written: every double of
that size is integral, and what JSON readers make of one differs (RFC 8259, section 6).
"""

from __future__ import annotations

from google.protobuf.struct_pb2 import ListValue, NullValue, Struct, Value

from everruns.v1.error_reason_pb2 import LIMIT_EXCEEDED, NUMBER_NOT_REPRESENTABLE
from gateway.json_value import MAX_SAFE_INTEGER, JsonObject, JsonValue
from gateway.violations import Path, Violations

MAX_STRUCT_LEVELS = 32
"""The most levels of objects and lists in a Struct. protobuf refuses to read messages nested 100 deep, and
a level of objects is three messages."""


def parse_struct(target: Struct, tree: JsonObject, path: Path, violations: Violations) -> None:
    """Puts the object into an empty Struct, and adds what cannot be put there to `violations`."""
    _parse_object(target, tree, path, 1, violations)


def render_struct(struct: Struct) -> JsonObject:
    """Returns the object, its keys sorted: protobuf keeps no order, and equal answers are equal bytes."""
    fields = struct.fields
    return {key: render_value(fields[key]) for key in sorted(fields)}


def render_list(values: ListValue) -> list[JsonValue]:
    """Returns the list."""
    return [render_value(value) for value in values.values]


def render_value(value: Value) -> JsonValue:
    """Returns the value; null for one that is not set."""
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return value.string_value
    if kind == "number_value":
        return _render_number(value.number_value)
    if kind == "bool_value":
        return value.bool_value
    if kind == "struct_value":
        return render_struct(value.struct_value)
    if kind == "list_value":
        return render_list(value.list_value)
    return None


def _render_number(number: float) -> int | float:
    if -MAX_SAFE_INTEGER <= number <= MAX_SAFE_INTEGER and number.is_integer():
        return int(number)
    return number


def _parse_object(target: Struct, tree: JsonObject, path: Path, level: int, violations: Violations) -> None:
    fields = target.fields
    for key, item in tree.items():
        _parse_value(fields[key], item, (path, key), level, violations)


def _parse_value(target: Value, item: JsonValue, path: Path, level: int, violations: Violations) -> None:
    if isinstance(item, str):
        target.string_value = item
    elif isinstance(item, bool):
        target.bool_value = item
    elif isinstance(item, (int, float)):
        if -MAX_SAFE_INTEGER <= item <= MAX_SAFE_INTEGER:
            target.number_value = item
        else:
            violations.add(path, NUMBER_NOT_REPRESENTABLE, "must be a number from -2^53 to 2^53")
    elif item is None:
        target.null_value = NullValue.NULL_VALUE
    elif level == MAX_STRUCT_LEVELS:
        violations.add(path, LIMIT_EXCEEDED, f"is nested deeper than {MAX_STRUCT_LEVELS} levels")
    elif isinstance(item, dict):
        target.struct_value.SetInParent()
        _parse_object(target.struct_value, item, path, level + 1, violations)
    else:
        values = target.list_value
        values.SetInParent()
        for index, element in enumerate(item):
            _parse_value(values.values.add(), element, (path, index), level + 1, violations)
