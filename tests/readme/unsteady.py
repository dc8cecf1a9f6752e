"""A server that fails the first creates, each in its own way, and hands every other call on."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import grpc
from google.protobuf.any_pb2 import Any
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from everruns.v1.session_service_pb2 import CreateSessionRequest
from tests.system.processes import PATIENCE

_CREATE = "/everruns.v1.SessionService/CreateSession"


@dataclass
class Unsteady(grpc.GenericRpcHandler):
    """`request_ids` are those of the creates that came, in order."""

    channel: grpc.Channel
    request_ids: list[str] = field(default_factory=list)

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[bytes, bytes]:
        method = details.method

        def handle(request: bytes, context: grpc.ServicerContext) -> bytes:
            if method == _CREATE:
                self.request_ids.append(CreateSessionRequest.FromString(request).request_id)
                if len(self.request_ids) == 1:
                    context.abort(grpc.StatusCode.UNAVAILABLE, "going away")
                if len(self.request_ids) == 2:
                    context.abort_with_status(rpc_status.to_status(_full()))
            return self._hand_on(method, request, context)

        return grpc.unary_unary_rpc_method_handler(handle)

    def _hand_on(self, method: str, request: bytes, context: grpc.ServicerContext) -> bytes:
        headers = tuple(pair for pair in context.invocation_metadata() if pair[0] == "authorization")
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self.channel.unary_unary(method)
        ended = call.future(request, metadata=headers, timeout=PATIENCE)
        if ended.code() is not grpc.StatusCode.OK:
            context.set_trailing_metadata(ended.trailing_metadata())
            context.abort(ended.code(), ended.details())
        return ended.result()


@contextmanager
def unsteady(port: int) -> Iterator[tuple[Unsteady, int]]:
    """The handler, and its port, in front of the server on another."""
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        handler = Unsteady(channel)
        server = grpc.server(ThreadPoolExecutor(2), handlers=[handler])
        own_port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield handler, own_port
        finally:
            server.stop(0).wait()


def _full() -> status_pb2.Status:
    retry = error_details_pb2.RetryInfo()
    retry.retry_delay.FromMilliseconds(10)
    status = status_pb2.Status(code=code_pb2.RESOURCE_EXHAUSTED, message="full")
    packed = Any()
    packed.Pack(retry)
    status.details.append(packed)
    return status
