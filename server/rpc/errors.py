"""The one place where an error becomes a gRPC status, with `google.rpc` details (AIP-193)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from everruns.v1.error_reason_pb2 import ErrorReason
from server.core.errors import Reason, ServiceError, Violation
from server.rpc.proto_options import code

DOMAIN = "everruns"

_ROOM = 3000
"""The most bytes of violations: a status travels in trailers, of which clients take 8 KiB by default."""

_MESSAGE_ROOM = 1000
"""The most bytes of a message in a trailer, where a sign beyond ASCII takes three for each of its bytes."""

_CODES = {reason: code(ErrorReason.DESCRIPTOR.values_by_name[reason]) for reason in Reason}


def to_status(error: ServiceError, request_id: str) -> grpc.Status:
    """The status that the call ends with."""
    status = status_pb2.Status(code=_CODES[error.reason], message=_fitting(error.message, _MESSAGE_ROOM))
    for detail in _details(error, request_id):
        packed = Any()
        packed.Pack(detail)
        status.details.append(packed)
    converted: grpc.Status = rpc_status.to_status(status)
    return converted


def code_name(error: ServiceError) -> str:
    """The name of the error's status code."""
    return code_pb2.Code.Name(_CODES[error.reason])


def shortened(text: str, most: int) -> str:
    """The text, or its beginning where it has more characters than that."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _fitting(text: str, room: int) -> str:
    """The text, or as much of its beginning as takes so many bytes in a trailer."""
    for place, sign in enumerate(text):
        room -= 1 if " " <= sign <= "~" and sign != "%" else 3 * len(sign.encode())
        if room < 0:
            return text[:place] + "…"
    return text


def _bad_request(violations: Sequence[Violation]) -> error_details_pb2.BadRequest:
    """As many violations as there is room for, with a last one that counts the rest."""
    bad = error_details_pb2.BadRequest()
    room = _ROOM
    for place, violation in enumerate(violations):
        field, description = shortened(violation.field, 200), shortened(violation.description, 300)
        one = bad.FieldViolation(field=field, description=description, reason=violation.reason)
        room -= one.ByteSize()
        if room < 0:
            rest = f"and {len(violations) - place} more fields are wrong"
            bad.field_violations.add(field="", description=rest, reason=violation.reason)
            break
        bad.field_violations.append(one)
    return bad


def _details(error: ServiceError, request_id: str) -> list[Message]:
    details: list[Message] = [error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN)]
    if error.violations:
        details.append(_bad_request(error.violations))
    if error.resource is not None:
        name, type_ = shortened(error.resource.name, 200), error.resource.type
        details.append(error_details_pb2.ResourceInfo(resource_type=type_, resource_name=name))
    if error.retry_after is not None:
        retry = error_details_pb2.RetryInfo()
        fraction, seconds = math.modf(error.retry_after)
        retry.retry_delay.seconds = int(seconds)
        retry.retry_delay.nanos = int(fraction * 1e9)
        details.append(retry)
    details.append(error_details_pb2.RequestInfo(request_id=request_id))
    return details
