"""`GET /health`: whether the gateway can serve, which is whether its server can."""

from __future__ import annotations

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from everruns.v1.error_reason_pb2 import SERVER_UNAVAILABLE
from gateway.channels import Channels
from gateway.exchange import Answer, HttpRequest, json_answer
from gateway.problem import refusal

PATH = "/health"

# Who asks asks often, and a server that takes longer is not well.
_TIMEOUT_SECONDS = 1.0


class HealthEndpoint:
    """Answers 200 while the server's gRPC health is SERVING, else the problem SERVER_UNAVAILABLE."""

    def __init__(self, channels: Channels) -> None:
        self._check = channels.rpc("/grpc.health.v1.Health/Check", HealthCheckRequest, HealthCheckResponse)

    async def __call__(self, request: HttpRequest) -> Answer:
        """Returns the answer. Raises Problem."""
        metadata = (("x-request-id", request.request_id),)
        try:
            response = await self._check(HealthCheckRequest(), metadata=metadata, timeout=_TIMEOUT_SECONDS)
        except grpc.aio.AioRpcError:
            raise refusal(SERVER_UNAVAILABLE, "The server cannot be reached.") from None
        if response.status != HealthCheckResponse.SERVING:
            raise refusal(SERVER_UNAVAILABLE, "The server is not serving.")
        return json_answer(200, {"status": "ok"})
