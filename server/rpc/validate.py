"""Checks messages against the limits that their protos state, planned once per message type.

The options `everruns.v1.limits`, `everruns.v1.not_with` and `google.api.field_behavior` of the fields are
the only source.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from everruns.v1.options_pb2 import FieldLimits
from server.core.errors import Reason, Violation, invalid
from server.core.ids import InvalidId, Kind, parse_id
from server.rpc import proto_options

_Check = Callable[[Message, str, list[Violation]], None]
_ValueCheck = Callable[[str, str, list[Violation]], None]
# What google/protobuf/timestamp.proto lets a Timestamp be.
_FIRST_SECOND, _LAST_SECOND = -62_135_596_800, 253_402_300_799
_KINDS: dict[str, Kind] = {"agent": "agent", "session": "session", "turn": "turn", "key": "key"}


def validate(message: Message) -> None:
    """Raises the ServiceError of a bad request with every violation of the message's limits."""
    violations = violations_of(message)
    if violations:
        raise invalid(violations)


def violations_of(message: Message) -> list[Violation]:
    """Every violation of the message's limits; [] when it keeps to them."""
    violations: list[Violation] = []
    for check in _plan(message.DESCRIPTOR):
        check(message, "", violations)
    return violations


@cache
def _plan(descriptor: Descriptor, partial: bool = False) -> tuple[_Check, ...]:
    """The checks of a message; of a partial one, which an update has, nothing is required."""
    return tuple(check for field in descriptor.fields for check in (*_checks(field, partial), *_apart(field)))


def _checks(field: FieldDescriptor, partial: bool) -> list[_Check]:
    limits = proto_options.limits(field)
    required = proto_options.is_required(field) and not partial
    match field.type:
        case FieldDescriptor.TYPE_STRING:
            return [
                _strings(field, limits, required) if field.is_repeated else _string(field, limits, required)
            ]
        case FieldDescriptor.TYPE_INT32 | FieldDescriptor.TYPE_INT64:
            return [_number(field, limits, required)]
        case FieldDescriptor.TYPE_ENUM if field.enum_type:
            known = frozenset(field.enum_type.values_by_number)
            if field.is_repeated:
                return [_enums(field, known, limits, required)]
            return [_enum(field, known, required)]
        case FieldDescriptor.TYPE_MESSAGE if field.message_type:
            descriptor = field.message_type
            if descriptor.full_name == "google.protobuf.Timestamp":
                return [_time(field)]
            if descriptor.full_name == "google.api.HttpBody":
                return [_document(field, limits, required)]
            if not descriptor.full_name.startswith("everruns."):
                return []
            if field.is_repeated:
                return [_messages(field, descriptor, limits, required)]
            return [_message(field, descriptor, required)]
    return []


def _apart(field: FieldDescriptor) -> list[_Check]:
    name = field.name

    def without(other: str) -> _Check:
        def check(message: Message, path: str, violations: list[Violation]) -> None:
            if message.HasField(name) and message.HasField(other):
                text = f"must not be given along with {other}"
                violations.append(Violation(path + name, text, Reason.INVALID_FIELD))

        return check

    return [without(other) for other in proto_options.not_with(field)]


def _string(field: FieldDescriptor, limits: FieldLimits, required: bool) -> _Check:
    name, check_value = field.name, _string_value(limits)
    optional = field.has_presence

    def check(message: Message, path: str, violations: list[Violation]) -> None:
        value: str = getattr(message, name)
        if value or (optional and message.HasField(name)):
            check_value(value, path + name, violations)
        elif required:
            violations.append(Violation(path + name, "is required", Reason.REQUIRED_FIELD_MISSING))

    return check


def _strings(field: FieldDescriptor, limits: FieldLimits, required: bool) -> _Check:
    name, check_value = field.name, _string_value(limits)

    def check(message: Message, path: str, violations: list[Violation]) -> None:
        values = getattr(message, name)
        if _wrong_number(len(values), limits.max_items, required, path + name, violations):
            return
        for index, value in enumerate(values):
            check_value(value, f"{path}{name}[{index}]", violations)

    return check


def _string_value(limits: FieldLimits) -> _ValueCheck:
    shortest, longest, most_bytes = limits.min_length, limits.max_length, limits.max_bytes
    pattern = re.compile(limits.pattern) if limits.pattern else None
    kind = _KINDS[limits.id_of] if limits.id_of else None

    def check(value: str, path: str, violations: list[Violation]) -> None:
        length = len(value)
        if "\0" in value:
            violations.append(Violation(path, "must not contain NUL", Reason.INVALID_FIELD))
        elif kind:
            try:
                parse_id(kind, value)
            except InvalidId as error:
                violations.append(Violation(path, str(error), Reason.INVALID_ID))
        elif length < shortest:
            text = "must not be empty" if shortest == 1 else f"must have at least {shortest} characters"
            violations.append(Violation(path, text, Reason.INVALID_FIELD))
        elif longest and length > longest:
            text = f"must have at most {longest} characters, not {length}"
            violations.append(Violation(path, text, Reason.LIMIT_EXCEEDED))
        elif most_bytes and length * 4 > most_bytes and (size := len(value.encode())) > most_bytes:
            text = f"must have at most {most_bytes} bytes in UTF-8, not {size}"
            violations.append(Violation(path, text, Reason.LIMIT_EXCEEDED))
        elif pattern and not pattern.fullmatch(value):
            violations.append(Violation(path, f"must match {pattern.pattern}", Reason.INVALID_FIELD))

    return check


def _number(field: FieldDescriptor, limits: FieldLimits, required: bool) -> _Check:
    name, optional = field.name, field.has_presence
    low = limits.minimum if limits.HasField("minimum") else None
    high = limits.maximum if limits.HasField("maximum") else None

    def check(message: Message, path: str, violations: list[Violation]) -> None:
        value: int = getattr(message, name)
        if optional and not message.HasField(name):
            return
        if required and not value:
            violations.append(Violation(path + name, "is required", Reason.REQUIRED_FIELD_MISSING))
            return
        if low is not None and value < low:
            text = f"must be at least {low}, not {value}"
            violations.append(Violation(path + name, text, Reason.INVALID_FIELD))
        if high is not None and value > high:
            text = f"must be at most {high}, not {value}"
            violations.append(Violation(path + name, text, Reason.LIMIT_EXCEEDED))

    return check


def _enum(field: FieldDescriptor, known: frozenset[int], required: bool) -> _Check:
    name = field.name

    def check(message: Message, path: str, violations: list[Violation]) -> None:
        value: int = getattr(message, name)
        if required and not value:
            violations.append(Violation(path + name, "is required", Reason.REQUIRED_FIELD_MISSING))
        elif value not in known:
            violations.append(Violation(path + name, "is not a known value", Reason.INVALID_FIELD))

    return check


def _time(field: FieldDescriptor) -> _Check:
    name = field.name

    def check(message: Message, path: str, violations: list[Violation]) -> None:
        time: Timestamp = getattr(message, name)
        if not (_FIRST_SECOND <= time.seconds <= _LAST_SECOND and 0 <= time.nanos < 1_000_000_000):
            text = "must be a time of the years 1 to 9999, with 0 to 999999999 nanoseconds"
            violations.append(Violation(path + name, text, Reason.INVALID_FIELD))

    return check


def _enums(field: FieldDescriptor, known: frozenset[int], limits: FieldLimits, required: bool) -> _Check:
    """The elements of a list must be values that stand for something, so not the zero value."""
    name = field.name

    def check(message: Message, path: str, violations: list[Violation]) -> None:
        values = getattr(message, name)
        if _wrong_number(len(values), limits.max_items, required, path + name, violations):
            return
        for index, value in enumerate(values):
            if value == 0 or value not in known:
                where = f"{path}{name}[{index}]"
                violations.append(Violation(where, "is not a known value", Reason.INVALID_FIELD))

    return check


def _message(field: FieldDescriptor, descriptor: Descriptor, required: bool) -> _Check:
    name, request = field.name, field.containing_type
    updates = request is not None and "update_mask" in request.fields_by_name

    def check(message: Message, path: str, violations: list[Violation]) -> None:
        if message.HasField(name):
            # A resource is the body of its request, so paths begin within it.
            for check_field in _plan(descriptor, updates):
                check_field(getattr(message, name), path, violations)
        elif required:
            violations.append(Violation(path + name, "is required", Reason.REQUIRED_FIELD_MISSING))

    return check


def _document(field: FieldDescriptor, limits: FieldLimits, required: bool) -> _Check:
    name, most_bytes = field.name, limits.max_bytes

    def check(message: Message, path: str, violations: list[Violation]) -> None:
        if not message.HasField(name):
            if required:
                violations.append(Violation(path + name, "is required", Reason.REQUIRED_FIELD_MISSING))
            return
        size = len(getattr(message, name).data)
        if most_bytes and size > most_bytes:
            text = f"must have at most {most_bytes} bytes, not {size}"
            violations.append(Violation(path + name, text, Reason.MESSAGE_TOO_LARGE))

    return check


def _messages(field: FieldDescriptor, descriptor: Descriptor, limits: FieldLimits, required: bool) -> _Check:
    name = field.name

    def check(message: Message, path: str, violations: list[Violation]) -> None:
        values = getattr(message, name)
        if _wrong_number(len(values), limits.max_items, required, path + name, violations):
            return
        plan = _plan(descriptor)
        for index, value in enumerate(values):
            for check_field in plan:
                check_field(value, f"{path}{name}[{index}].", violations)

    return check


def _wrong_number(count: int, most: int, required: bool, path: str, violations: list[Violation]) -> bool:
    """Whether a list has none where it must have some, or more than it may; then they are not looked at."""
    if required and not count:
        text = "must have at least one element"
        violations.append(Violation(path, text, Reason.REQUIRED_FIELD_MISSING))
        return True
    if not most or count <= most:
        return False
    text = f"must have at most {most} elements, not {count}"
    violations.append(Violation(path, text, Reason.LIMIT_EXCEEDED))
    return True
