"""google.protobuf.Struct and JSON: whole numbers stay whole, and what a double would corrupt is refused."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import orjson
from google.protobuf.struct_pb2 import ListValue, Struct, Value

from server.core.errors import Reason, Violation
from server.core.json import MAX_SAFE_INTEGER, JsonObject, JsonValue


@dataclass(frozen=True, slots=True)
class StructDecoder:
    """Decodes Structs of at most `max_bytes` bytes of JSON and `max_depth` levels."""

    max_bytes: int
    max_depth: int

    def decode(self, struct: Struct, path: str, violations: list[Violation]) -> JsonObject:
        """The object, with violations for what is out of bounds added under its path."""
        reading = _Reading(self.max_depth, violations)
        value = reading.object(struct, path, 1)
        if not reading.too_deep:
            size = len(orjson.dumps(value))
            if size > self.max_bytes:
                text = f"must have at most {self.max_bytes} bytes of JSON, not {size}"
                violations.append(Violation(path, text, Reason.LIMIT_EXCEEDED))
        return value


@dataclass(slots=True)
class _Reading:
    max_depth: int
    violations: list[Violation]
    too_deep: bool = field(default=False)

    def object(self, struct: Struct, path: str, depth: int) -> JsonObject:
        if not self._shallow(path, depth):
            return {}
        read = {}
        for key, value in struct.fields.items():
            where = f"{path}.{key}"
            if "\0" in key:
                self._refuse(where.replace("\0", "\\0"), "a key must not contain NUL", Reason.INVALID_FIELD)
            else:
                read[key] = self.value(value, where, depth)
        return read

    def list(self, values: ListValue, path: str, depth: int) -> list[JsonValue]:
        if not self._shallow(path, depth):
            return []
        return [self.value(v, f"{path}[{index}]", depth) for index, v in enumerate(values.values)]

    def value(self, value: Value, path: str, depth: int) -> JsonValue:
        match value.WhichOneof("kind"):
            case "number_value":
                return self._number(value.number_value, path)
            case "string_value":
                if "\0" in value.string_value:
                    self._refuse(path, "must not contain NUL", Reason.INVALID_FIELD)
                return value.string_value
            case "bool_value":
                return value.bool_value
            case "struct_value":
                return self.object(value.struct_value, path, depth + 1)
            case "list_value":
                return self.list(value.list_value, path, depth + 1)
            case "null_value":
                return None
        self._refuse(path, "is a value without a kind", Reason.INVALID_FIELD)
        return None

    def _number(self, number: float, path: str) -> JsonValue:
        if not math.isfinite(number):
            self._refuse(path, "must be a finite number", Reason.NUMBER_NOT_REPRESENTABLE)
            return None
        if abs(number) > MAX_SAFE_INTEGER:
            text = "must be within ±2^53, or it would not come back as it is"
            self._refuse(path, text, Reason.NUMBER_NOT_REPRESENTABLE)
            return None
        return int(number) if number.is_integer() else number

    def _shallow(self, path: str, depth: int) -> bool:
        if depth <= self.max_depth:
            return True
        if not self.too_deep:
            text = f"must have at most {self.max_depth} levels"
            self._refuse(path, text, Reason.LIMIT_EXCEEDED)
        self.too_deep = True
        return False

    def _refuse(self, path: str, text: str, reason: Reason) -> None:
        self.violations.append(Violation(path, text, reason))


def to_struct(value: JsonObject) -> Struct:
    """The Struct of a JSON object."""
    struct = Struct()
    struct.update(value)
    return struct


def to_value(value: JsonValue) -> Value:
    """The Value of any JSON."""
    match value:
        case None:
            return Value(null_value=0)  # type: ignore[arg-type]  # NULL_VALUE, the only one there is
        case bool():
            return Value(bool_value=value)
        case int() | float():
            return Value(number_value=value)
        case str():
            return Value(string_value=value)
        case list():
            return Value(list_value=ListValue(values=[to_value(child) for child in value]))
        case dict():
            return Value(struct_value=to_struct(value))
