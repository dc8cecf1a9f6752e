"""The comments of the protos, which generated modules do not have.

`make protos` writes them beside those modules, in a descriptor set with source info.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    ServiceDescriptorProto,
)

_FILE = "commented.binpb"
_Place = tuple[int, ...]


@cache
def comments() -> Mapping[str, str]:
    """Returns the comment of each service, method, message, field, enum and enum value that has one, by
    full name, its lines as they are. An enum value is named within its enum: `p.v1.Layer.LAYER_BASE`."""
    packed = (resources.files("everruns.v1") / _FILE).read_bytes()
    found: dict[str, str] = {}
    for file in FileDescriptorSet.FromString(packed).file:
        names = dict(_names(file))
        for location in file.source_code_info.location:
            name = names.get(tuple(location.path))
            if name is not None and location.leading_comments:
                lines = location.leading_comments.splitlines()
                found[name] = "\n".join(line.removeprefix(" ").rstrip() for line in lines).strip()
    return found


def prose(comment: str) -> str:
    """Returns the comment with each paragraph on one line."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in comment.split("\n\n"))


# The numbers in a place are those of the fields of FileDescriptorProto and of what it holds.
def _names(file: FileDescriptorProto) -> Iterator[tuple[_Place, str]]:
    for index, message in enumerate(file.message_type):
        yield from _names_of_message(message, (4, index), f"{file.package}.{message.name}")
    for index, enum in enumerate(file.enum_type):
        yield from _names_of_enum(enum, (5, index), f"{file.package}.{enum.name}")
    for index, service in enumerate(file.service):
        yield from _names_of_service(service, (6, index), f"{file.package}.{service.name}")


def _names_of_message(message: DescriptorProto, place: _Place, name: str) -> Iterator[tuple[_Place, str]]:
    yield place, name
    for index, field in enumerate(message.field):
        yield (*place, 2, index), f"{name}.{field.name}"
    for index, nested in enumerate(message.nested_type):
        yield from _names_of_message(nested, (*place, 3, index), f"{name}.{nested.name}")
    for index, enum in enumerate(message.enum_type):
        yield from _names_of_enum(enum, (*place, 4, index), f"{name}.{enum.name}")


def _names_of_enum(enum: EnumDescriptorProto, place: _Place, name: str) -> Iterator[tuple[_Place, str]]:
    yield place, name
    for index, value in enumerate(enum.value):
        yield (*place, 2, index), f"{name}.{value.name}"


def _names_of_service(
    service: ServiceDescriptorProto, place: _Place, name: str
) -> Iterator[tuple[_Place, str]]:
    yield place, name
    for index, method in enumerate(service.method):
        yield (*place, 2, index), f"{name}.{method.name}"
