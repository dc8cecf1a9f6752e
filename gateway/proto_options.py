"""The options of the protos that say how a call looks in REST."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar, cast

from google.api.field_behavior_pb2 import FieldBehavior
from google.api.http_pb2 import HttpRule
from google.protobuf.descriptor import Descriptor, EnumValueDescriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message

from everruns.v1.options_pb2 import Document, Example, FieldLimits

T = TypeVar("T")


def http_rules(method: MethodDescriptor) -> list[HttpRule]:
    """Returns the HTTP forms of an RPC, the main one first; none for an RPC that REST does not have."""
    rule = _option(method.GetOptions(), "google.api.http", HttpRule())
    if rule.WhichOneof("pattern") is None:
        return []
    return [rule, *rule.additional_bindings]


def is_output_only(field: FieldDescriptor) -> bool:
    """Returns whether only answers have the field (AIP-203)."""
    return FieldBehavior.OUTPUT_ONLY in _behaviors(field)


def is_immutable(field: FieldDescriptor) -> bool:
    """Returns whether the field can be set on create alone (AIP-203)."""
    return FieldBehavior.IMMUTABLE in _behaviors(field)


def is_required(field: FieldDescriptor) -> bool:
    """Returns whether a request must have the field (AIP-203)."""
    return FieldBehavior.REQUIRED in _behaviors(field)


def limits(field: FieldDescriptor) -> FieldLimits:
    """Returns what a value of the field must keep to."""
    return _option(field.GetOptions(), "everruns.v1.limits", FieldLimits())


def exactly_one_of(message: Descriptor) -> list[str]:
    """Returns the names of the fields of which exactly one is set; none for a message without such."""
    return list(_option(message.GetOptions(), "everruns.v1.exactly_one_of", []))


def not_with(field: FieldDescriptor) -> list[str]:
    """Returns the names of the fields that are unset where this one is set."""
    return list(_option(field.GetOptions(), "everruns.v1.not_with", []))


def always_unset(field: FieldDescriptor) -> list[str]:
    """Returns the names of the fields of the message in this field that are always unset there."""
    return list(_option(field.GetOptions(), "everruns.v1.always_unset", []))


def perhaps_unset(field: FieldDescriptor) -> list[str]:
    """Returns the names of the fields of the message in this field that may be unset there alone."""
    return list(_option(field.GetOptions(), "everruns.v1.perhaps_unset", []))


def example(field: FieldDescriptor) -> str:
    """Returns a value to show, as it is in a path or a query string, or an empty string for none."""
    return _option(field.GetOptions(), "everruns.v1.example", "")


def examples(method: MethodDescriptor) -> list[Example]:
    """Returns requests to show, which work in a new installation."""
    return list(_option(method.GetOptions(), "everruns.v1.examples", []))


def document_form(field: FieldDescriptor) -> Document:
    """Returns what a field that is a document holds."""
    return _option(field.GetOptions(), "everruns.v1.document_form", Document())


def answered_document(method: MethodDescriptor) -> Document:
    """Returns what the answer of an RPC is, where it is a document."""
    return _option(method.GetOptions(), "everruns.v1.answered_document", Document())


def without(value: EnumValueDescriptor) -> list[str]:
    """Returns the names of the fields that a message with this value has unset."""
    return list(_option(value.GetOptions(), "everruns.v1.without", []))


def json_alias(field: FieldDescriptor) -> str:
    """Returns the second JSON key of a field, or an empty string when it has none."""
    return _option(field.GetOptions(), "everruns.v1.json_alias", "")


def is_shown_when_set(field: FieldDescriptor) -> bool:
    """Returns whether answers have the field's key only where it is set and no empty list."""
    return _option(field.GetOptions(), "everruns.v1.shown_when_set", False)


def grpc_code(reason: EnumValueDescriptor) -> int:
    """Returns the number of the gRPC code with which calls end for this reason."""
    return _option(reason.GetOptions(), "everruns.v1.code", 0)


def http_status(reason: EnumValueDescriptor) -> int:
    """Returns the HTTP status that the reason has in place of its gRPC code's, or 0."""
    return _option(reason.GetOptions(), "everruns.v1.http_status", 0)


def _behaviors(field: FieldDescriptor) -> Sequence[int]:
    return _option(field.GetOptions(), "google.api.field_behavior", ())


def _option(options: Message, full_name: str, default: T) -> T:
    # By name, because the stubs of protobuf do not know an extension's type anyway.
    for field, value in options.ListFields():
        if field.full_name == full_name:
            return cast(T, value)
    return default
