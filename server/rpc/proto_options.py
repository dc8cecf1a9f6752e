"""The options of the protos that the server goes by."""

from __future__ import annotations

from typing import TypeVar, cast

from google.api.field_behavior_pb2 import FieldBehavior
from google.protobuf.descriptor import EnumValueDescriptor, FieldDescriptor
from google.protobuf.message import Message

from everruns.v1.options_pb2 import FieldLimits

T = TypeVar("T")


def fields_of(message: Message | type[Message]) -> dict[str, FieldDescriptor]:
    """The fields of a message, by name."""
    return {field.name: cast(FieldDescriptor, field) for field in message.DESCRIPTOR.fields}


def limits(field: FieldDescriptor) -> FieldLimits:
    """What a value of the field must keep to."""
    return _option(field.GetOptions(), "everruns.v1.limits", FieldLimits())


def is_required(field: FieldDescriptor) -> bool:
    """Whether the field must be given (AIP-203)."""
    behaviors: list[int] = _option(field.GetOptions(), "google.api.field_behavior", [])
    return FieldBehavior.Value("REQUIRED") in behaviors


def not_with(field: FieldDescriptor) -> list[str]:
    """The names of the fields that are unset where the field is set."""
    return _option(field.GetOptions(), "everruns.v1.not_with", [])


def is_output_only(field: FieldDescriptor) -> bool:
    """Whether only answers have the field (AIP-203)."""
    behaviors: list[int] = _option(field.GetOptions(), "google.api.field_behavior", [])
    return FieldBehavior.Value("OUTPUT_ONLY") in behaviors


def code(reason: EnumValueDescriptor) -> int:
    """The number of the gRPC status with which calls end for this reason."""
    return _option(reason.GetOptions(), "everruns.v1.code", 0)


def _option(options: Message, full_name: str, default: T) -> T:
    # By name, because the stubs of protobuf do not know an extension's type.
    for field, value in options.ListFields():
        if field.full_name == full_name:
            return cast(T, value)
    return default
