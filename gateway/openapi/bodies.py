"""JSON Schemas of the bodies that calls accept: objects without other keys, where null is not there."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from gateway import proto_options, tolerated
from gateway.json_value import JsonObject, JsonValue
from gateway.names import enum_names, json_name
from gateway.openapi.components import Components
from gateway.openapi.fields import TIMESTAMP, accepted_scalar, described, or_null
from gateway.openapi.struct_schema import OBJECT
from gateway.parse import SHORTHAND

_NOTHING: JsonValue = [None, "", [], {}]


def body_schema(spec: Descriptor, components: Components, *, changes: bool) -> JsonObject:
    """Returns the schema of a resource's body, a reference to its component, which it adds. A body of
    changes requires nothing and has no field that cannot be changed.

    Raises TypeError for a field of a type that a body cannot hold here.
    """
    name = f"{spec.name}Changes" if changes else spec.name
    return components.add(name, lambda: _resource(spec, components, changes))


def document_schema(spec: Descriptor, components: Components) -> JsonObject:
    """Returns the schema of a resource in a document, as of `body_schema`: it may have other keys that are
    empty."""
    return components.add(f"{spec.name}Document", lambda: _document(spec, components))


def _document(spec: Descriptor, components: Components) -> JsonObject:
    schema = _message(spec, components, changes=False)
    return described({**schema, "additionalProperties": {"enum": _NOTHING}}, spec.full_name)


def _resource(spec: Descriptor, components: Components, changes: bool) -> JsonObject:
    schema = _message(spec, components, changes)
    schema["patternProperties"] = _tolerated({json_name(field) for field in spec.fields})
    return described(schema, spec.full_name)


def _message(
    message: Descriptor, components: Components, changes: bool, unset: Collection[str] = ()
) -> JsonObject:
    fields = [field for field in message.fields if not (changes and proto_options.is_immutable(field))]
    required = [json_name(field) for field in fields if proto_options.is_required(field)]
    schema: JsonObject = {
        "type": "object",
        "properties": {
            json_name(field): described(
                _unset(field) if field.name in unset else _field(field, components), field.full_name
            )
            for field in fields
        },
        "additionalProperties": False,
    }
    if required and not changes:
        schema["required"] = [*required]
    alternatives = proto_options.exactly_one_of(message)
    if alternatives and not changes:
        schema["oneOf"] = [_only(field, alternatives) for field in alternatives]
    if rules := [*_rules(fields)]:
        schema["allOf"] = [*rules]
    return schema


def _rules(fields: list[FieldDescriptor]) -> Iterator[JsonObject]:
    """What a value of one field says of others."""
    by_name = {field.name: field for field in fields}
    for field in fields:
        for other in proto_options.not_with(field):
            given: JsonObject = {json_name(field): {"not": {"type": "null"}}}
            yield {
                "if": {"properties": given, "required": [json_name(field)]},
                "then": {"properties": {json_name(by_name[other]): _unset(by_name[other])}},
            }
        for value in field.enum_type.values if field.enum_type is not None else ():
            if others := proto_options.without(value):
                key, text = json_name(field), enum_names(value.type)[value.number]
                there: JsonObject = {json_name(by_name[other]): _unset(by_name[other]) for other in others}
                yield {
                    "if": {"properties": {key: {"const": text}}, "required": [key]},
                    "then": {"properties": there},
                }


def _unset(field: FieldDescriptor) -> JsonObject:
    return {"enum": [None, []]} if field.is_repeated else {"type": "null"}


def _field(field: FieldDescriptor, components: Components) -> JsonObject:
    required = proto_options.is_required(field)
    limits = proto_options.limits(field)
    if field.message_type is None:
        element = accepted_scalar(field, required=required)
    else:
        element = _object(field, field.message_type, components)
    if limits.max_depth and "$ref" in element:
        most = f"At most {limits.max_bytes} bytes in its shortest spelling, and {limits.max_depth} levels."
        element = {**element, "description": most}
    if field.is_repeated:
        schema: JsonObject = {"type": "array", "items": element}
        if limits.max_items:
            schema["maxItems"] = limits.max_items
        if required:
            schema["minItems"] = 1
        element = schema
    return element if required else or_null(element)


def _object(field: FieldDescriptor, message: Descriptor, components: Components) -> JsonObject:
    if message.full_name == "google.protobuf.Struct":
        return components.reference(OBJECT)
    if message.full_name == "google.protobuf.Timestamp":
        return dict(TIMESTAMP)
    if message.full_name.startswith("google.protobuf."):
        raise TypeError(f"{message.full_name} has no form in a body here")
    unset = proto_options.always_unset(field)
    place = f"In{field.containing_type.name}" if unset and field.containing_type else ""
    return components.add(f"{message.name}Input{place}", lambda: _input(message, components, unset))


def _input(message: Descriptor, components: Components, unset: Collection[str]) -> JsonObject:
    schema = _message(message, components, changes=False, unset=unset)
    if shorthand := SHORTHAND.get(message.full_name):
        text = accepted_scalar(message.fields_by_name[shorthand], required=True)
        schema = {"anyOf": [schema, text]}
    return described(schema, message.full_name)


def _only(field: str, alternatives: list[str]) -> JsonObject:
    others: JsonObject = {name: {"enum": [None, ""]} for name in alternatives if name != field}
    return {"required": [field], "properties": {field: {"type": "string", "minLength": 1}, **others}}


def _tolerated(known: set[str]) -> JsonObject:
    """Keys of the wider API: each may say what would not be lost."""
    more: dict[str, list[JsonObject]] = {
        "harness_id": [{"type": "string", "pattern": tolerated.HARNESS_ID_PATTERN}],
        "harness_name": [{"const": tolerated.HARNESS_NAME}],
    }
    nothing: JsonObject = {"enum": _NOTHING, "description": "Not of this service: may be there, but empty."}
    plain = sorted(tolerated.KEYS - known - more.keys())
    patterns: JsonObject = {f"^(?:{'|'.join(map(re.escape, plain))})$": nothing}
    for key in sorted(more.keys() - known):
        patterns[f"^{key}$"] = {"anyOf": [nothing, *more[key]]}
    return patterns
