"""From the tree of a document to a message, by the fields that the message has.

A scalar is read as its field needs it: `name: 2024-01-01` is a text, `max_iterations: 50` a number.
"""

from __future__ import annotations

import math
from collections.abc import Container

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct

from everruns.v1.capability_pb2 import CapabilityConfig
from server.core.errors import Reason, Violation
from server.core.json import MAX_SAFE_INTEGER, JsonObject, JsonValue
from server.core.schema import did_you_mean
from server.rpc.document_tree import MOST_LEVELS, Plain, Tree, shown
from server.rpc.proto_options import fields_of

_LARGEST = 2**31 - 1
_SHORTHAND = {CapabilityConfig.DESCRIPTOR.full_name: "ref"}
"""The field that a bare text stands for, by message type."""


def fill(
    message: Message,
    tree: dict[str, Tree],
    violations: list[Violation],
    output_only: Container[str] = (),
    path: str = "",
) -> None:
    """Puts an object into an empty message, and adds all that is wrong with it to `violations`.

    Null stands for a field that is not there. A key that no field has is refused unless it is empty, so that
    nothing is lost; one in `output_only` by its reason. Raises TypeError for a field of a type that
    documents do not have.
    """
    fields = fields_of(message)
    for key, value in tree.items():
        where = path + shown(key)
        if key in fields:
            if not _is_null(value):
                _put(message, fields[key], value, where, violations)
        elif _is_null(value) or value == "" or value == [] or value == {}:
            continue
        elif key in output_only:
            text = "only answers have it; leave it out"
            violations.append(Violation(where, text, Reason.OUTPUT_ONLY_FIELD))
        else:
            text = f"there is no such field{did_you_mean(key, fields)}"
            violations.append(Violation(where, text, Reason.UNKNOWN_FIELD))


def _put(
    message: Message, field: FieldDescriptor, value: Tree, path: str, violations: list[Violation]
) -> None:
    if not field.is_repeated:
        if field.message_type is not None:
            _put_message(getattr(message, field.name), value, path, violations)
        elif (scalar := _scalar(field, value, path, violations)) is not None:
            setattr(message, field.name, scalar)
    elif not isinstance(value, list):
        violations.append(Violation(path, "must be a list", Reason.INVALID_FIELD))
    else:
        target = getattr(message, field.name)
        for index, item in enumerate(value):
            where = f"{path}[{index}]"
            if field.message_type is not None:
                _put_message(target.add(), item, where, violations)
            elif (scalar := _scalar(field, item, where, violations)) is not None:
                target.append(scalar)


def _put_message(message: Message, value: Tree, path: str, violations: list[Violation]) -> None:
    message.SetInParent()
    shorthand = _SHORTHAND.get(message.DESCRIPTOR.full_name)
    if isinstance(message, Struct):
        if isinstance(value, dict):
            message.update(_object(value, path, 1, violations))
        else:
            violations.append(Violation(path, "must be an object", Reason.INVALID_FIELD))
    elif isinstance(value, dict):
        fill(message, value, violations, path=f"{path}.")
    elif shorthand is None:
        violations.append(Violation(path, "must be an object", Reason.INVALID_FIELD))
    else:
        field = fields_of(message)[shorthand]
        text = _scalar(field, value, path, violations)
        if text is not None:
            setattr(message, shorthand, text)


def _scalar(field: FieldDescriptor, value: Tree, path: str, violations: list[Violation]) -> str | int | None:
    match field.type:
        case FieldDescriptor.TYPE_STRING:
            if isinstance(value, Plain) and value.value() is not None:
                return value.text
            if isinstance(value, str) and _is_unicode(value):
                return value
            violations.append(Violation(path, "must be a text", Reason.INVALID_FIELD))
        case FieldDescriptor.TYPE_INT32:
            number = value.value() if isinstance(value, Plain) else value
            # 5.0 is a whole number, too, to JSON Schema as in JSON itself.
            if isinstance(number, float) and number.is_integer():
                number = int(number)
            if isinstance(number, int) and not isinstance(number, bool) and abs(number) <= _LARGEST:
                return number
            violations.append(Violation(path, "must be a 32-bit integer", Reason.INVALID_FIELD))
        case FieldDescriptor.TYPE_ENUM if field.enum_type is not None:
            names = _enum_names(field.enum_type)
            text = value.text if isinstance(value, Plain) else value
            if isinstance(text, str) and text in names:
                return names[text]
            violations.append(Violation(path, f"must be {' or '.join(names)}", Reason.INVALID_FIELD))
        case _:
            raise TypeError(f"a document has no fields of the type of {field.full_name}")
    return None


def _enum_names(enum: EnumDescriptor) -> dict[str, int]:
    """The number of each value by its name as JSON spells it, but for the unspecified one."""
    prefix = enum.values_by_number[0].name.removesuffix("UNSPECIFIED")
    return {value.name.removeprefix(prefix).lower(): value.number for value in enum.values if value.number}


def _object(tree: dict[str, Tree], path: str, level: int, violations: list[Violation]) -> JsonObject:
    read: JsonObject = {}
    for key, value in tree.items():
        if _is_unicode(key):
            read[key] = _value(value, f"{path}.{shown(key)}", level, violations)
        else:
            text = "a key must not contain half of a surrogate pair"
            violations.append(Violation(path, text, Reason.INVALID_FIELD))
    return read


def _value(tree: Tree, path: str, level: int, violations: list[Violation]) -> JsonValue:
    value = tree.value() if isinstance(tree, Plain) else tree
    if isinstance(value, dict | list) and level == MOST_LEVELS:
        text = f"is nested deeper than {MOST_LEVELS} levels"
        violations.append(Violation(path, text, Reason.LIMIT_EXCEEDED))
        return None
    if isinstance(value, dict):
        return _object(value, path, level + 1, violations)
    if isinstance(value, list):
        return [_value(item, f"{path}[{index}]", level + 1, violations) for index, item in enumerate(value)]
    if isinstance(value, str) and not _is_unicode(value):
        text = "must not contain half of a surrogate pair"
        violations.append(Violation(path, text, Reason.INVALID_FIELD))
        return None
    if isinstance(value, int | float) and not (math.isfinite(value) and abs(value) <= MAX_SAFE_INTEGER):
        text = "must be a number within ±2^53"
        violations.append(Violation(path, text, Reason.NUMBER_NOT_REPRESENTABLE))
        return None
    return value


def _is_null(value: Tree) -> bool:
    return value is None or (isinstance(value, Plain) and value.value() is None)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
