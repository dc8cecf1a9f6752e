"""Server reflection by hand, under a name of one's choice."""

from __future__ import annotations

from collections.abc import Iterable

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha.reflection_pb2 import ServerReflectionRequest, ServerReflectionResponse

from tests.system.processes import PATIENCE

V1 = "grpc.reflection.v1.ServerReflection"
V1ALPHA = "grpc.reflection.v1alpha.ServerReflection"


class Reflection:
    """What a server says about itself. The two versions have the same messages."""

    def __init__(self, channel: grpc.Channel, name: str) -> None:
        self._ask = channel.stream_stream(
            f"/{name}/ServerReflectionInfo",
            request_serializer=ServerReflectionRequest.SerializeToString,
            response_deserializer=ServerReflectionResponse.FromString,
        )

    def ask(self, request: ServerReflectionRequest) -> ServerReflectionResponse:
        """The answer to one question."""
        [answer] = self._ask(iter([request]), timeout=PATIENCE)
        return answer

    def services(self) -> list[str]:
        """The full names of the services."""
        answer = self.ask(ServerReflectionRequest(list_services=""))
        return [service.name for service in answer.list_services_response.service]

    def describe(self, names: Iterable[str]) -> list[ServiceDescriptor]:
        """The services, from nothing but what the server says."""
        pool, added = DescriptorPool(), set[str]()

        def add(file: FileDescriptorProto) -> None:
            for dependency in file.dependency:
                if dependency not in added:
                    for needed in self._files(ServerReflectionRequest(file_by_filename=dependency)):
                        add(needed)
            if file.name not in added:
                added.add(file.name)
                pool.Add(file)

        for name in names:
            for file in self._files(ServerReflectionRequest(file_containing_symbol=name)):
                add(file)
        return [pool.FindServiceByName(name) for name in names]

    def _files(self, request: ServerReflectionRequest) -> list[FileDescriptorProto]:
        answer = self.ask(request)
        assert answer.HasField("file_descriptor_response"), answer
        return [
            FileDescriptorProto.FromString(data)
            for data in answer.file_descriptor_response.file_descriptor_proto
        ]
