"""Registers services with a server: every rpc of a proto service is a method of the same name."""

from __future__ import annotations

import grpc
from google.protobuf.descriptor import ServiceDescriptor
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
    """Adds a service whose rpcs are all unary; with a `scope`, all of them need that."""
    handlers = {
        method.name: grpc.unary_unary_rpc_method_handler(
            calls.around(method.name, getattr(service, method.name), scope),
            request_deserializer=deserializer(GetMessageClass(method.input_type)),
            response_serializer=GetMessageClass(method.output_type).SerializeToString,
        )
        for method in descriptor.methods
    }
    generic = grpc.method_handlers_generic_handler(descriptor.full_name, handlers)
    server.add_generic_rpc_handlers((generic,))
    server.add_registered_method_handlers(descriptor.full_name, handlers)
