"""Scalars and enums from JSON values and from query strings."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from google.protobuf.descriptor import FieldDescriptor

from gateway.json_value import JsonValue
from gateway.names import enum_names

ScalarValue: TypeAlias = str | bool | int


class Scalar(NamedTuple):
    """How a scalar is read from JSON: None where the value is not one, and what it must be then."""

    read: Callable[[JsonValue], ScalarValue | None]
    expected: str


class TextScalar(NamedTuple):
    """How a scalar is read from a query string: None where the text is not one, and what it must be then."""

    read: Callable[[str], ScalarValue | None]
    expected: str


_INTEGER_BITS = {FieldDescriptor.TYPE_INT32: 32, FieldDescriptor.TYPE_INT64: 64}
_INTEGER_TEXT = re.compile(r"-?[0-9]{1,20}")


def json_scalar(field: FieldDescriptor) -> Scalar:
    """Returns how the field, or an element of it, is read from JSON. Raises TypeError for another type."""
    if field.type == field.TYPE_STRING:
        return Scalar(_string, "must be a string")
    if field.type == field.TYPE_BOOL:
        return Scalar(_bool, "must be true or false")
    if field.enum_type is not None:
        numbers = _numbers(field)
        return Scalar(lambda value: numbers.get(value) if isinstance(value, str) else None, _one_of(numbers))
    bits, low, high = _integer_range(field)

    def read(value: JsonValue) -> int | None:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        return int(value) if low <= value <= high and value == int(value) else None

    return Scalar(read, f"must be a {bits}-bit integer")


def text_scalar(field: FieldDescriptor) -> TextScalar:
    """Returns how the field, or an element of it, is read from a query string. Raises TypeError for
    another type."""
    if field.type == field.TYPE_STRING:
        return TextScalar(lambda text: None if "\0" in text else text, "must not contain U+0000")
    if field.type == field.TYPE_BOOL:
        return TextScalar({"true": True, "false": False}.get, "must be true or false")
    if field.enum_type is not None:
        numbers = _numbers(field)
        return TextScalar(numbers.get, _one_of(numbers))
    bits, low, high = _integer_range(field)

    def read(text: str) -> int | None:
        if not _INTEGER_TEXT.fullmatch(text):
            return None
        return number if low <= (number := int(text)) <= high else None

    return TextScalar(read, f"must be a {bits}-bit integer")


def _string(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None


def _bool(value: JsonValue) -> bool | None:
    return value if isinstance(value, bool) else None


def _numbers(field: FieldDescriptor) -> Mapping[str, int]:
    if field.enum_type is None:
        raise TypeError(f"{field.full_name} is not an enum")
    return {name: number for number, name in enum_names(field.enum_type).items()}


def _one_of(names: Mapping[str, int]) -> str:
    return f"must be one of {', '.join(names)}"


def _integer_range(field: FieldDescriptor) -> tuple[int, int, int]:
    bits = _INTEGER_BITS.get(field.type)
    if bits is None:
        raise TypeError(f"{field.full_name} cannot be read: its type is not known here")
    return bits, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
