"""From a protobuf message to JSON values, by a plan made once for each message type.

Every key is always there, but for fields that say otherwise (`shown_when_set`). What is unset is null, or []
for a list. A string field without presence cannot tell unset from empty, so an empty one is null too: it
is an id or a name, which is never empty.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any, TypeAlias

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from gateway import proto_options
from gateway.json_value import JsonObject, JsonValue
from gateway.names import enum_names, json_name
from gateway.struct_json import render_list, render_struct, render_value

Convert: TypeAlias = Callable[[Any], JsonValue]
"""From what a field holds to JSON; each field type has its own argument type."""

_AS_IT_IS = frozenset(
    {
        FieldDescriptor.TYPE_STRING,
        FieldDescriptor.TYPE_BOOL,
        FieldDescriptor.TYPE_INT32,
        FieldDescriptor.TYPE_INT64,
        FieldDescriptor.TYPE_UINT32,
    }
)


@cache
def renderer(message: Descriptor) -> Callable[[Message], JsonObject]:
    """Returns the function that renders messages of this type.

    Raises TypeError for a field of a type that has no JSON form here, so that it shows at start-up.
    The function may be called from any thread; equal messages give equal values, in the order of
    the proto's fields.
    """
    columns = [(json_name(field), _reader(field)) for field in message.fields]
    aliases = [
        (alias, json_name(field)) for field in message.fields if (alias := proto_options.json_alias(field))
    ]

    shown_when_set = [json_name(field) for field in message.fields if proto_options.is_shown_when_set(field)]

    def render(message: Message) -> JsonObject:
        tree = {key: read(message) for key, read in columns}
        for alias, key in aliases:
            tree[alias] = tree[key]
        for key in shown_when_set:
            if tree[key] in (None, []):
                del tree[key]
        return tree

    return render


def render_timestamp(timestamp: Timestamp) -> str:
    """Returns the time in RFC 3339, UTC, with microseconds: `2026-01-31T23:59:59.000001Z`.

    Raises ValueError or OverflowError outside the years 1 to 9999.
    """
    return f"{_render_second(timestamp.seconds)}.{timestamp.nanos // 1000:06d}Z"


# Answers made together mostly share their second.
@lru_cache(maxsize=1024)
def _render_second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:19]


def _reader(field: FieldDescriptor) -> Callable[[Message], JsonValue]:
    get = attrgetter(field.name)
    if field.is_repeated:
        if field.type in _AS_IT_IS:
            return lambda message: list(get(message))
        convert_item = _converter(field)
        return lambda message: [convert_item(item) for item in get(message)]
    if field.type in _AS_IT_IS:
        if field.has_presence:
            return _reader_with_presence(field.name, get)
        return (lambda message: get(message) or None) if field.type == field.TYPE_STRING else get
    convert = _converter(field)
    if field.has_presence:
        return _reader_with_presence(field.name, lambda message: convert(get(message)))
    return lambda message: convert(get(message))


def _reader_with_presence(name: str, read: Callable[[Message], JsonValue]) -> Callable[[Message], JsonValue]:
    return lambda message: read(message) if message.HasField(name) else None


def _converter(field: FieldDescriptor) -> Convert:
    if field.enum_type is not None:
        return _enum_converter(field.enum_type)
    if field.message_type is not None:
        known: dict[str, Convert] = {
            "google.protobuf.Timestamp": render_timestamp,
            "google.protobuf.Struct": render_struct,
            "google.protobuf.Value": render_value,
            "google.protobuf.ListValue": render_list,
        }
        if (convert := known.get(field.message_type.full_name)) is not None:
            return convert
        if not field.message_type.GetOptions().map_entry:
            return renderer(field.message_type)
    raise TypeError(f"{field.full_name} has no JSON form: its type is not known here")


def _enum_converter(enum: EnumDescriptor) -> Convert:
    # A number that these protos do not name comes from a newer server: null, as for "unspecified".
    return enum_names(enum).get
