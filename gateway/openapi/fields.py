"""JSON Schemas of single fields, without what they hold as messages."""

from __future__ import annotations

from collections.abc import Mapping

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor

from gateway import proto_options
from gateway.json_value import JsonObject, JsonValue
from gateway.names import enum_names
from gateway.openapi.comments import comments, prose
from gateway.openapi.strings import accepted_string, answered_string

TIMESTAMP: Mapping[str, JsonValue] = {
    "type": "string",
    "format": "date-time",
    "examples": ["2026-01-31T23:59:59.000001Z"],
}

_INTEGERS = {
    FieldDescriptor.TYPE_INT32: ("int32", -(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_INT64: ("int64", -(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_UINT32: ("int64", 0, 2**32 - 1),
}


def answered_scalar(field: FieldDescriptor) -> JsonObject:
    """Returns the schema of a scalar, or of an element of a list of them, in answers. Raises TypeError
    for a type that has no form in JSON here."""
    if field.type == field.TYPE_STRING:
        return answered_string(proto_options.limits(field))
    if field.type == field.TYPE_BOOL:
        return {"type": "boolean"}
    if field.enum_type is not None:
        return enum_schema(field.enum_type)
    return _integer(field, within_limits=False)


def accepted_scalar(field: FieldDescriptor, *, required: bool = False) -> JsonObject:
    """Returns the schema of a scalar, or of an element of a list of them, in requests. Raises TypeError
    for a type that has no form in JSON here."""
    if field.type == field.TYPE_STRING:
        # Without presence an empty string is one that is not there.
        may_be_empty = not (required or field.has_presence or field.is_repeated)
        return accepted_string(proto_options.limits(field), may_be_empty=may_be_empty)
    if field.type == field.TYPE_BOOL:
        return {"type": "boolean"}
    if field.enum_type is not None:
        return enum_schema(field.enum_type)
    return _integer(field, within_limits=True)


def enum_schema(enum: EnumDescriptor) -> JsonObject:
    """Returns the schema of an enum, which says what each value means."""
    names = enum_names(enum)
    meanings = (
        (name, comments().get(f"{enum.full_name}.{enum.values_by_number[number].name}", ""))
        for number, name in names.items()
    )
    lines = [f"- `{name}`: {' '.join(meaning.split())}" for name, meaning in meanings if meaning]
    return {"type": "string", "enum": list(names.values()), "description": "\n".join(lines)}


def described(schema: JsonObject, full_name: str) -> JsonObject:
    """Returns the schema with the comment of a message or field, above what it says by itself."""
    comment = prose(comments().get(full_name, ""))
    texts = [text for text in (comment, schema.get("description")) if isinstance(text, str) and text]
    return {**schema, "description": "\n\n".join(texts)} if texts else schema


def or_null(schema: JsonObject) -> JsonObject:
    """Returns the schema of what is null or as this schema says."""
    kind = schema.get("type")
    if "$ref" in schema or not isinstance(kind, str):
        return {"anyOf": [schema, {"type": "null"}]}
    loose: JsonObject = {**schema, "type": [kind, "null"]}
    if isinstance(values := schema.get("enum"), list):
        loose["enum"] = [*values, None]
    return loose


def _integer(field: FieldDescriptor, *, within_limits: bool) -> JsonObject:
    if field.type not in _INTEGERS:
        raise TypeError(f"{field.full_name} has no schema: its type is not known here")
    form, low, high = _INTEGERS[field.type]
    schema: JsonObject = {"type": "integer", "format": form}
    if within_limits:
        limits = proto_options.limits(field)
        schema["minimum"] = limits.minimum if limits.HasField("minimum") else low
        schema["maximum"] = limits.maximum if limits.HasField("maximum") else high
    return schema
