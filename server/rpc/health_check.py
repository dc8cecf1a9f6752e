"""Asks a server how it is, as a container's health check does."""

from __future__ import annotations

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

_PATIENCE = 3.0


def is_serving(target: str) -> bool:
    """Whether the server at a target, as gRPC names it, says within three seconds that it serves."""
    with grpc.insecure_channel(target) as channel:
        check: grpc.UnaryUnaryMultiCallable[HealthCheckRequest, HealthCheckResponse] = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            HealthCheckRequest.SerializeToString,
            HealthCheckResponse.FromString,
        )
        try:
            answer = check(HealthCheckRequest(), timeout=_PATIENCE)
        except grpc.RpcError:
            return False
        return answer.status == HealthCheckResponse.SERVING
