"""Asks a server how it is, as a container's health check does."""

from __future__ import annotations

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from server.core.tls import ClientTlsFiles
from server.rpc.certificates import channel_credentials

_PATIENCE = 3.0


def is_serving(target: str, tls: ClientTlsFiles | None = None) -> bool:
    """Whether the server at a target, as gRPC names it, says within three seconds that it serves.

    Raises CertificateError where the files of TLS are wrong.
    """
    with _channel(target, tls) as channel:
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


def _channel(target: str, tls: ClientTlsFiles | None) -> grpc.Channel:
    if tls is None:
        return grpc.insecure_channel(target)
    name = [("grpc.ssl_target_name_override", tls.server_name)] if tls.server_name else []
    return grpc.secure_channel(target, channel_credentials(tls), options=name)
