"""JSON Schemas of `google.protobuf.Struct` and of the values within."""

from __future__ import annotations

from gateway.json_value import MAX_SAFE_INTEGER, JsonObject
from gateway.openapi.strings import ANY_TEXT

OBJECT = "JsonObject"
VALUE = "JsonValue"
"""The names of their components."""


def struct_components() -> dict[str, JsonObject]:
    """Returns both components by name."""
    text: JsonObject = {"type": "string", "pattern": ANY_TEXT}
    number: JsonObject = {"type": "number", "minimum": -MAX_SAFE_INTEGER, "maximum": MAX_SAFE_INTEGER}
    value: JsonObject = {"$ref": f"#/components/schemas/{VALUE}"}
    fields: JsonObject = {
        "type": "object",
        "propertyNames": {"pattern": ANY_TEXT},
        "additionalProperties": value,
    }
    return {
        OBJECT: {
            **fields,
            "description": "Any JSON object. Its numbers are within ±2^53, so that every reader makes the "
            "same of them.",
        },
        VALUE: {
            "description": "Any JSON value.",
            "anyOf": [
                {"type": "null"},
                {"type": "boolean"},
                number,
                text,
                {"type": "array", "items": value},
                {"$ref": f"#/components/schemas/{OBJECT}"},
            ],
        },
    }
