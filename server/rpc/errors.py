"""The one place where an error becomes a gRPC status, with `google.rpc` details (AIP-193)."""

from __future__ import annotations

import math

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from everruns.v1.error_reason_pb2 import ErrorReason
from server.core.errors import Reason, ServiceError
from server.rpc.proto_options import code

DOMAIN = "everruns"

_CODES = {reason: code(ErrorReason.DESCRIPTOR.values_by_name[reason]) for reason in Reason}


def to_status(error: ServiceError, request_id: str) -> grpc.Status:
    """The status that the call ends with."""
    status = status_pb2.Status(code=_CODES[error.reason], message=error.message)
    for detail in _details(error, request_id):
        packed = Any()
        packed.Pack(detail)
        status.details.append(packed)
    converted: grpc.Status = rpc_status.to_status(status)
    return converted


def code_name(error: ServiceError) -> str:
    """The name of the error's status code."""
    return code_pb2.Code.Name(_CODES[error.reason])


def _details(error: ServiceError, request_id: str) -> list[Message]:
    details: list[Message] = [error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN)]
    if error.violations:
        violations = [
            error_details_pb2.BadRequest.FieldViolation(
                field=violation.field, description=violation.description, reason=violation.reason
            )
            for violation in error.violations
        ]
        details.append(error_details_pb2.BadRequest(field_violations=violations))
    if error.resource is not None:
        name, type_ = error.resource.name, error.resource.type
        details.append(error_details_pb2.ResourceInfo(resource_type=type_, resource_name=name))
    if error.retry_after is not None:
        retry = error_details_pb2.RetryInfo()
        fraction, seconds = math.modf(error.retry_after)
        retry.retry_delay.seconds = int(seconds)
        retry.retry_delay.nanos = int(fraction * 1e9)
        details.append(retry)
    details.append(error_details_pb2.RequestInfo(request_id=request_id))
    return details
