"""A gRPC server that answers as a test says, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc.status_pb2 import Status
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from gateway.routes import service_descriptors

LARGEST_MESSAGE = 16 * 1024

Reply = Callable[[Message, grpc.ServicerContext], Message]


@dataclass(frozen=True)
class Call:
    """One call as it arrived."""

    method: str
    request: Message
    metadata: dict[str, str]
    seconds_left: float


class FakeServer:
    """Serves every method of the REST services, on any free port unless one is given."""

    def __init__(self, port: int = 0) -> None:
        self.calls: list[Call] = []
        self.health = health.HealthServicer()
        self._replies: dict[str, Reply] = {}
        self._server = grpc.server(
            ThreadPoolExecutor(4),
            options=[("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", LARGEST_MESSAGE)],
        )
        for service in service_descriptors():
            handlers = {
                rpc.name: grpc.unary_unary_rpc_method_handler(
                    self._handler(rpc.name),
                    request_deserializer=GetMessageClass(rpc.input_type).FromString,
                    response_serializer=GetMessageClass(rpc.output_type).SerializeToString,
                )
                for rpc in service.methods
            }
            self._server.add_registered_method_handlers(service.full_name, handlers)
        health_pb2_grpc.add_HealthServicer_to_server(self.health, self._server)
        self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        self._server.stop(None).wait()

    def reset(self) -> None:
        """Forgets calls and replies; is healthy."""
        self.calls.clear()
        self._replies.clear()
        self.health.set("", health_pb2.HealthCheckResponse.SERVING)

    def reply(self, method: str, reply: Message | Reply) -> None:
        """From now on answers the method so."""
        self._replies[method] = (lambda request, context: reply) if isinstance(reply, Message) else reply

    def fail(self, method: str, status: Status) -> None:
        """From now on ends calls of the method in the status."""
        self.reply(method, lambda _, context: context.abort_with_status(rpc_status.to_status(status)))

    def _handler(self, name: str) -> Reply:
        def handle(request: Message, context: grpc.ServicerContext) -> Message:
            metadata = {str(key): str(value) for key, value in context.invocation_metadata()}
            self.calls.append(Call(name, request, metadata, context.time_remaining()))
            return self._replies[name](request, context)

        return handle


def status(code: grpc.StatusCode, text: str, *details: Message) -> Status:
    """Returns a status with details."""
    packed = []
    for detail in details:
        wrapper = AnyMessage()
        wrapper.Pack(detail)
        packed.append(wrapper)
    return Status(code=code.value[0], message=text, details=packed)
