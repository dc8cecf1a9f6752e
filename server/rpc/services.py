"""Registers services with a server: every rpc of a proto service is a method of the same name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass

from server.core.caller import Scope
from server.rpc.calls import Calls, deserializer


def add_service(
    server: grpc.Server,
    calls: Calls,
    descriptor: ServiceDescriptor,
    service: object,
    scope: Scope | None = None,
) -> None:
    """Adds a service, none of whose rpcs takes a stream; with a `scope`, all of them need that.

    A method that answers with a stream sends its answers by itself; see response_stream.py.
    """
    handlers = {
        method.name: _handler(method, calls.around(method.name, getattr(service, method.name), scope))
        for method in descriptor.methods
    }
    generic = grpc.method_handlers_generic_handler(descriptor.full_name, handlers)
    server.add_generic_rpc_handlers((generic,))
    server.add_registered_method_handlers(descriptor.full_name, handlers)


def _handler(
    method: MethodDescriptor, handle: Callable[[Any, grpc.ServicerContext], Any]
) -> grpc.RpcMethodHandler[Any, Any]:
    make = grpc.unary_unary_rpc_method_handler
    if method.server_streaming:
        make, handle = grpc.unary_stream_rpc_method_handler, _non_blocking(handle)
    return make(
        handle,
        request_deserializer=deserializer(GetMessageClass(method.input_type)),
        response_serializer=GetMessageClass(method.output_type).SerializeToString,
    )


def _non_blocking(handle: Callable[[Any, grpc.ServicerContext], Any]) -> Callable[..., None]:
    """The method as grpc calls one that answers after it has returned."""

    def begin(request: object, context: grpc.ServicerContext, _: Callable[..., object]) -> None:
        handle(request, context)

    # How grpc is told.
    begin.experimental_non_blocking = True  # type: ignore[attr-defined]
    return begin
