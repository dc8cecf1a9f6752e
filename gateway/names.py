"""The JSON spelling of what the protos name."""

from __future__ import annotations

import re

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor


def json_name(field: FieldDescriptor) -> str:
    """Returns the JSON key of a field: the `json_name` that the proto gives, else the field's own name.

    protobuf's default, the name in lowerCamelCase, is never used: `agent_id` stays `agent_id`.
    """
    default = re.sub("_(.)", lambda match: match[1].upper(), field.name)
    return field.name if field.json_name == default else field.json_name


def enum_names(enum: EnumDescriptor) -> dict[int, str]:
    """Returns the JSON string of each value by its number: the value's name without the type's prefix,
    in lower case. The zero value, "unspecified", has none."""
    prefix = enum.values_by_number[0].name.removesuffix("UNSPECIFIED")
    return {
        value.number: value.name.removeprefix(prefix).lower() for value in enum.values if value.number != 0
    }
