"""JSON Schemas of what calls answer: a key is always there unless its field says otherwise; unset is null."""

from __future__ import annotations

from collections.abc import Collection

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from gateway import proto_options
from gateway.json_value import JsonObject, JsonValue
from gateway.names import json_name
from gateway.openapi.components import Components
from gateway.openapi.fields import TIMESTAMP, answered_scalar, described, or_null
from gateway.openapi.struct_schema import OBJECT, VALUE


def answer_schema(message: Descriptor, components: Components) -> JsonObject:
    """Returns the schema of a message in answers, a reference to its component, which it adds."""
    return components.add(message.name, lambda: _message(message, components))


def _message(
    message: Descriptor,
    components: Components,
    unset: Collection[str] = (),
    perhaps_unset: Collection[str] = (),
) -> JsonObject:
    properties: JsonObject = {}
    required: list[JsonValue] = []
    for field in message.fields:
        if field.name in unset and proto_options.is_shown_when_set(field):
            continue
        schema: JsonObject = {"type": "null"} if field.name in unset else _field(field, components)
        if field.name in perhaps_unset:
            schema = or_null(schema)
        properties[json_name(field)] = schema = described(schema, field.full_name)
        if alias := proto_options.json_alias(field):
            properties[alias] = schema
        if not proto_options.is_shown_when_set(field):
            required += [json_name(field), *([alias] if alias else [])]
    schema = {"type": "object", "properties": properties, "required": required}
    return described(schema, message.full_name)


def _field(field: FieldDescriptor, components: Components) -> JsonObject:
    schema = _element(field, components)
    if field.is_repeated:
        return {"type": "array", "items": schema}
    # A message says by its comment where it may be unset; only scalars say it by `optional`.
    optional = field.has_presence and field.message_type is None
    return or_null(schema) if optional or _is_optional_message(field) else schema


def _is_optional_message(field: FieldDescriptor) -> bool:
    # `optional` before a message says nothing to protobuf, which keeps it as a oneof of one.
    return field.message_type is not None and field.containing_oneof is not None


def _element(field: FieldDescriptor, components: Components) -> JsonObject:
    message = field.message_type
    if message is None:
        return answered_scalar(field)
    if message.full_name == "google.protobuf.Timestamp":
        return dict(TIMESTAMP)
    if message.full_name == "google.protobuf.Struct":
        return components.reference(OBJECT)
    if message.full_name in ("google.protobuf.Value", "google.protobuf.ListValue"):
        return components.reference(VALUE)
    unset, perhaps_unset = proto_options.always_unset(field), proto_options.perhaps_unset(field)
    if unset or perhaps_unset:
        name = f"{message.name}In{field.containing_type.name if field.containing_type else ''}"
        return components.add(name, lambda: _message(message, components, unset, perhaps_unset))
    return answer_schema(message, components)
