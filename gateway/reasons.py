"""The HTTP status of each reason for which a call can end."""

from __future__ import annotations

from types import MappingProxyType

import grpc

from everruns.v1.error_reason_pb2 import DESCRIPTOR
from gateway import proto_options

STATUS_OF_CODE = MappingProxyType(
    {
        grpc.StatusCode.OK: 200,
        grpc.StatusCode.INVALID_ARGUMENT: 400,
        grpc.StatusCode.FAILED_PRECONDITION: 400,
        grpc.StatusCode.OUT_OF_RANGE: 400,
        grpc.StatusCode.UNAUTHENTICATED: 401,
        grpc.StatusCode.PERMISSION_DENIED: 403,
        grpc.StatusCode.NOT_FOUND: 404,
        grpc.StatusCode.ALREADY_EXISTS: 409,
        grpc.StatusCode.ABORTED: 409,
        grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
        grpc.StatusCode.CANCELLED: 503,
        grpc.StatusCode.UNAVAILABLE: 503,
        grpc.StatusCode.DEADLINE_EXCEEDED: 504,
        grpc.StatusCode.UNKNOWN: 500,
        grpc.StatusCode.UNIMPLEMENTED: 500,
        grpc.StatusCode.INTERNAL: 500,
        grpc.StatusCode.DATA_LOSS: 500,
    }
)
"""The HTTP status of a gRPC code. A server that lacks a method of these protos is a defect of the
service (500), and one that cancels a call is going away (503)."""


def _statuses() -> dict[str, int]:
    code_of_number = {code.value[0]: code for code in grpc.StatusCode}
    return {
        value.name: proto_options.http_status(value)
        or STATUS_OF_CODE[code_of_number[proto_options.grpc_code(value)]]
        for value in DESCRIPTOR.enum_types_by_name["ErrorReason"].values
        if proto_options.grpc_code(value)
    }


STATUS_OF_REASON = MappingProxyType(_statuses())
"""The HTTP status of an `ErrorReason`, by its name; those with which no call ends are not there."""
