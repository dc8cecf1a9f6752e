"""Server reflection, under the names that old and new clients ask for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import grpc
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_reflection.v1alpha import reflection, reflection_pb2

from server.executor import Threads

V1 = "grpc.reflection.v1.ServerReflection"
V1_FILE = "grpc/reflection/v1/reflection.proto"

_THREADS = 4


def add_reflection(server: grpc.Server, services: Sequence[str]) -> None:
    """Answers `grpc.reflection.v1` and `v1alpha`: two names of one protocol, alike to the byte."""
    names = (*services, reflection.SERVICE_NAME, V1)
    servicer = reflection.ReflectionServicer(names, pool=_Pool())

    def answer(
        requests: Iterator[reflection_pb2.ServerReflectionRequest], context: grpc.ServicerContext
    ) -> Iterator[reflection_pb2.ServerReflectionResponse]:
        yield from servicer.ServerReflectionInfo(requests, context)

    # A client holds a thread for as long as it likes, so it is none of those of other calls.
    answer.experimental_thread_pool = Threads(_THREADS, "reflection")  # type: ignore[attr-defined]
    handlers = {
        "ServerReflectionInfo": grpc.stream_stream_rpc_method_handler(
            answer,
            request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
            response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
        )
    }
    for name in (reflection.SERVICE_NAME, V1):
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, handlers),))


class _Pool:
    """The descriptors that reflection shows: all there are, with two things that are missing there."""

    def __init__(self) -> None:
        self._pool = descriptor_pool.Default()
        self._add_v1()
        self.FindFileByName = self._pool.FindFileByName
        self.FindMessageTypeByName = self._pool.FindMessageTypeByName
        self.FindExtensionByNumber = self._pool.FindExtensionByNumber
        self.FindAllExtensions = self._pool.FindAllExtensions

    def FindFileContainingSymbol(self, symbol: str) -> FileDescriptor:
        """The file of a symbol, a service's method included. Raises KeyError."""
        try:
            return self._pool.FindFileContainingSymbol(symbol)
        except KeyError:
            service, _, method = symbol.rpartition(".")
            found = self._pool.FindServiceByName(service)
            if method not in found.methods_by_name:
                raise
            return found.file

    def _add_v1(self) -> None:
        """Adds the protocol's file under its newer name, for clients that describe every service."""
        v1 = FileDescriptorProto()
        reflection_pb2.DESCRIPTOR.CopyToProto(v1)
        v1.name, v1.package = V1_FILE, V1.rpartition(".")[0]
        for message in v1.message_type:
            for field in message.field:
                if field.type_name:
                    field.type_name = _renamed(field.type_name)
        for method in v1.service[0].method:
            method.input_type, method.output_type = _renamed(method.input_type), _renamed(method.output_type)
        try:
            self._pool.FindFileByName(V1_FILE)
        except KeyError:
            self._pool.AddSerializedFile(v1.SerializeToString())


def _renamed(type_name: str) -> str:
    return type_name.replace(".v1alpha.", ".v1.")
