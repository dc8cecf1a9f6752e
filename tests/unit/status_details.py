"""What a gRPC status says in its details, read as a client does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

Kind = TypeVar("Kind", bound=Message)

DETAILS_KEY = "grpc-status-details-bin"
_KINDS = (
    error_details_pb2.ErrorInfo,
    error_details_pb2.BadRequest,
    error_details_pb2.ResourceInfo,
    error_details_pb2.RetryInfo,
    error_details_pb2.RequestInfo,
)


@dataclass(frozen=True)
class Failure:
    """A call that ended without an answer."""

    code: grpc.StatusCode
    message: str
    reason: str
    domain: str
    request_id: str
    violations: list[tuple[str, str]] = field(default_factory=list)
    resource: tuple[str, str] | None = None
    retry_after: float | None = None


def read_failure(code: grpc.StatusCode, message: str, metadata: Sequence[tuple[str, str | bytes]]) -> Failure:
    """The failure of a status. Its details must be of known kinds, each there once, and repeat the status."""
    (packed,) = [value for key, value in metadata if key == DETAILS_KEY]
    assert isinstance(packed, bytes)
    status = status_pb2.Status.FromString(packed)
    number, _ = code.value
    assert (status.code, status.message) == (number, message)
    details: dict[type[Message], Message] = {}
    for detail in status.details:
        (kind,) = [kind for kind in _KINDS if detail.TypeName() == kind.DESCRIPTOR.full_name]
        assert kind not in details
        details[kind] = kind()
        assert detail.Unpack(details[kind])
    info = _one(details, error_details_pb2.ErrorInfo)
    resource = _one(details, error_details_pb2.ResourceInfo)
    retry = _one(details, error_details_pb2.RetryInfo)
    return Failure(
        code=code,
        message=message,
        reason=info.reason,
        domain=info.domain,
        request_id=_one(details, error_details_pb2.RequestInfo).request_id,
        violations=[
            (violation.field, violation.reason)
            for violation in _one(details, error_details_pb2.BadRequest).field_violations
        ],
        resource=(resource.resource_type, resource.resource_name) if resource.resource_type else None,
        retry_after=retry.retry_delay.ToTimedelta().total_seconds()
        if retry.HasField("retry_delay")
        else None,
    )


def _one(details: dict[type[Message], Message], kind: type[Kind]) -> Kind:
    found = details.get(kind, kind())
    assert isinstance(found, kind)
    return found
