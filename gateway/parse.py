"""From JSON values to a protobuf message, by a plan made once for each message type.

A body that has something wrong gives every violation in it. Null stands for a field that is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, TypeAlias

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from everruns.v1.capability_pb2 import CapabilityConfig
from everruns.v1.error_reason_pb2 import INVALID_FIELD, UNKNOWN_FIELD
from gateway.json_value import JsonObject, JsonValue
from gateway.names import json_name
from gateway.scalars import Scalar, json_scalar
from gateway.struct_json import parse_struct
from gateway.times import parse_timestamp
from gateway.violations import Path, Violations, nearest

ParseField: TypeAlias = Callable[[Message, JsonValue, Path, Violations], None]
"""Puts the value, which is at the path, into the message, or adds what is wrong with it."""

ParseItem: TypeAlias = Callable[[Any, JsonValue, Path, Violations], None]
"""Puts the value into the message that holds it; each message type has its own argument type."""

UnknownKey: TypeAlias = Callable[[str, JsonValue, Path, Violations], None]
"""Judges a key that is no field of the message."""

SHORTHAND = {CapabilityConfig.DESCRIPTOR.full_name: "ref"}
"""The field that a bare string stands for, by message type."""


class MessageParser:
    """Parses JSON objects into these fields of a message. It may be used from any thread.

    Raises TypeError for a field of a type that a body cannot hold here, so that it shows at start-up.
    """

    def __init__(self, fields: Iterable[FieldDescriptor], unknown_key: UnknownKey | None = None) -> None:
        self.fields: Mapping[str, FieldDescriptor] = {json_name(field): field for field in fields}
        self._parsers = {key: _field_parser(field) for key, field in self.fields.items()}
        self._unknown_key = unknown_key

    def parse(self, message: Message, tree: JsonObject, path: Path, violations: Violations) -> None:
        """Puts the object into an empty message, and adds everything that is wrong to `violations`."""
        parsers = self._parsers
        for key, value in tree.items():
            parse_field = parsers.get(key)
            if parse_field is not None:
                parse_field(message, value, (path, key), violations)
            elif self._unknown_key is not None:
                self._unknown_key(key, value, (path, key), violations)
            else:
                refuse_unknown(key, self.fields, (path, key), violations)


def refuse_unknown(key: str, known: Mapping[str, object], path: Path, violations: Violations) -> None:
    """Adds that there is no such key, with the known one that is most like it."""
    # The search for it costs too much to repeat for every key of a body of bad keys.
    if violations.full:
        return
    like = nearest(key, known)
    violations.add(path, UNKNOWN_FIELD, f"did you mean {like}?" if like else "there is no such field")


@cache
def _parser(message: Descriptor) -> MessageParser:
    return MessageParser(message.fields)


def _field_parser(field: FieldDescriptor) -> ParseField:
    if field.message_type is None:
        if field.type == field.TYPE_STRING and not field.is_repeated:
            return _string_field(field.name)
        scalar = json_scalar(field)
        return _scalar_list(field.name, scalar) if field.is_repeated else _scalar_field(field.name, scalar)
    parse_item = _item_parser(field.message_type)
    if field.is_repeated:
        return _message_list(field.name, parse_item)
    return _message_field(field.name, parse_item)


def _string_field(name: str) -> ParseField:
    # Apart from the other scalars because most fields are strings, and this takes half the time.
    def parse(message: Message, value: JsonValue, path: Path, violations: Violations) -> None:
        if isinstance(value, str):
            setattr(message, name, value)
        elif value is not None:
            violations.add(path, INVALID_FIELD, "must be a string")

    return parse


def _scalar_field(name: str, scalar: Scalar) -> ParseField:
    read, expected = scalar

    def parse(message: Message, value: JsonValue, path: Path, violations: Violations) -> None:
        if value is None:
            return
        converted = read(value)
        if converted is None:
            violations.add(path, INVALID_FIELD, expected)
        else:
            setattr(message, name, converted)

    return parse


def _scalar_list(name: str, scalar: Scalar) -> ParseField:
    read, expected = scalar

    def parse(message: Message, value: JsonValue, path: Path, violations: Violations) -> None:
        if not isinstance(value, list):
            _refuse_unless_null(value, path, violations)
            return
        items = [read(item) for item in value]
        if None in items:
            for index, item in enumerate(items):
                if item is None:
                    violations.add((path, index), INVALID_FIELD, expected)
        else:
            getattr(message, name).extend(items)

    return parse


def _message_field(name: str, parse_item: ParseItem) -> ParseField:
    def parse(message: Message, value: JsonValue, path: Path, violations: Violations) -> None:
        if value is not None:
            parse_item(getattr(message, name), value, path, violations)

    return parse


def _message_list(name: str, parse_item: ParseItem) -> ParseField:
    def parse(message: Message, value: JsonValue, path: Path, violations: Violations) -> None:
        if not isinstance(value, list):
            _refuse_unless_null(value, path, violations)
            return
        add = getattr(message, name).add
        for index, item in enumerate(value):
            parse_item(add(), item, (path, index), violations)

    return parse


def _refuse_unless_null(value: JsonValue, path: Path, violations: Violations) -> None:
    if value is not None:
        violations.add(path, INVALID_FIELD, "must be a list")


def _item_parser(message_type: Descriptor) -> ParseItem:
    if message_type.full_name == "google.protobuf.Struct":
        return _objects_only(parse_struct)
    if message_type.full_name == "google.protobuf.Timestamp":
        return _parse_timestamp
    if message_type.full_name.startswith("google.protobuf."):
        raise TypeError(f"{message_type.full_name} has no form in a body here")
    parse_message = _parser(message_type).parse
    shorthand = SHORTHAND.get(message_type.full_name)
    if shorthand is None:
        return _objects_only(parse_message)

    def parse(message: Message, value: JsonValue, path: Path, violations: Violations) -> None:
        if isinstance(value, dict):
            message.SetInParent()
            parse_message(message, value, path, violations)
        elif isinstance(value, str):
            setattr(message, shorthand, value)
        else:
            violations.add(path, INVALID_FIELD, f"must be an object, or a string in place of its {shorthand}")

    return parse


def _parse_timestamp(target: Timestamp, value: JsonValue, path: Path, violations: Violations) -> None:
    time = parse_timestamp(value) if isinstance(value, str) else None
    if time is None:
        violations.add(path, INVALID_FIELD, "must be an RFC 3339 time, such as 2026-01-31T12:00:00Z")
    else:
        target.CopyFrom(time)
        target.SetInParent()


def _objects_only(parse_object: Callable[[Any, JsonObject, Path, Violations], None]) -> ParseItem:
    def parse(message: Message, value: JsonValue, path: Path, violations: Violations) -> None:
        if isinstance(value, dict):
            message.SetInParent()
            parse_object(message, value, path, violations)
        else:
            violations.add(path, INVALID_FIELD, "must be an object")

    return parse
