"""A message as the JSON that the contract says it is. Written apart from the gateway, to check it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import cast

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from tests.wire.harness.json_value import Json, JsonObject

_LISTS = {
    "sessions": "data",
    "agents": "data",
    "capabilities": "data",
    "turns": "data",
    "keys": "data",
    "models": "data",
    "versions": "data",
    "audit_events": "data",
}
_AGAIN = {
    "ListCapabilitiesResponse": {"items": "data"},
    "Model": {
        "model_id": "id",
        "display_name": "name",
        "provider_name": "provider",
        "provider_type": "provider_id",
    },
}
"""Second keys of a message's fields."""
_SHOWN_WHEN_SET = {"CapabilityConfig": {"mode", "locked"}, "Session": {"expires_at"}}
"""Fields of a message whose keys are there only where they say something."""
_BOUNDS = {"from_version": "from", "to_version": "to"}
_COUNTS = {"total_size": "total", "skip": "offset", "page_size": "limit"}


def render(message: Message) -> JsonObject:
    """The JSON object of an answer, with every key that REST has."""
    # The type of it is one of two classes that are used alike.
    descriptor = cast(Descriptor, message.DESCRIPTOR)
    is_list = "total_size" in descriptor.fields_by_name
    names = {**_LISTS, **_COUNTS} if is_list else _BOUNDS
    tree = {names.get(field.name, field.name): _field(message, field) for field in descriptor.fields}
    for key in _SHOWN_WHEN_SET.get(descriptor.name, ()):
        if not tree[key]:
            del tree[key]
    return tree | {key: tree[first] for key, first in _AGAIN.get(descriptor.name, {}).items()}


def _field(message: Message, field: FieldDescriptor) -> Json:
    value = getattr(message, field.name)
    if field.is_repeated:
        return [_value(item, field) for item in value]
    if field.has_presence and not message.HasField(field.name):
        return None
    # A preview has no id and no other text is ever empty unless it was set so.
    return _value(value, field) if value != "" or field.has_presence else None


def _value(value: object, field: FieldDescriptor) -> Json:
    if field.enum_type is not None:
        return enum_text(field.enum_type, cast(int, value))
    if isinstance(value, Timestamp):
        return _time(value)
    if isinstance(value, Message):
        if value.DESCRIPTOR.full_name.startswith("google.protobuf."):
            return _whole(cast(Json, MessageToDict(value)))
        return render(value)
    return cast(Json, value)


def _whole(value: Json) -> Json:
    """The JSON of a Struct, where all numbers are doubles, with whole numbers as such."""
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def enum_text(enum: EnumDescriptor, number: int) -> Json:
    """The JSON text of an enum's value, `started`; None for the one that stands for none."""
    prefix = enum.values[0].name.removesuffix("UNSPECIFIED")
    return enum.values_by_number[number].name.removeprefix(prefix).lower() if number else None


def _time(timestamp: Timestamp) -> str:
    moment = datetime.fromtimestamp(timestamp.seconds, UTC) + timedelta(microseconds=timestamp.nanos // 1000)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
