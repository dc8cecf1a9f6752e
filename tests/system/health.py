"""The health of a server, as its clients ask for it."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from tests.system.processes import PATIENCE

SERVING = HealthCheckResponse.SERVING
NOT_SERVING = HealthCheckResponse.NOT_SERVING


def check(channel: grpc.Channel, service: str = "") -> int:
    """The status of a service, or of the whole server. Raises grpc.RpcError."""
    ask: grpc.UnaryUnaryMultiCallable[HealthCheckRequest, HealthCheckResponse] = channel.unary_unary(
        "/grpc.health.v1.Health/Check", HealthCheckRequest.SerializeToString, HealthCheckResponse.FromString
    )
    return ask(HealthCheckRequest(service=service), timeout=PATIENCE).status


def watch(channel: grpc.Channel) -> Iterator[int]:
    """The status of the whole server, and each that it comes to have. Raises grpc.RpcError at the end."""
    ask: grpc.UnaryStreamMultiCallable[HealthCheckRequest, HealthCheckResponse] = channel.unary_stream(
        "/grpc.health.v1.Health/Watch", HealthCheckRequest.SerializeToString, HealthCheckResponse.FromString
    )
    for response in ask(HealthCheckRequest(), timeout=PATIENCE):
        yield response.status
