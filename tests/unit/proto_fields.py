"""The fields of every request, as a walk over the protos finds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from server.rpc.proto_options import fields_of, limits
from server.services import SERVICES

REQUESTS: list[Descriptor] = [method.input_type for service in SERVICES for method in service.methods]
"""The request message of every rpc."""


@dataclass(frozen=True)
class Place:
    """A field of a request, or of a message within it: the way to it from the request."""

    request: Descriptor
    way: tuple[FieldDescriptor, ...]

    @property
    def field(self) -> FieldDescriptor:
        return self.way[-1]

    @property
    def is_of_an_update(self) -> bool:
        """Whether it is set by an update, in which nothing is required."""
        return "update_mask" in self.request.fields_by_name and len(self.way) == 2

    @property
    def path(self) -> str:
        """The path that a violation names: a resource is the body, so it begins within that."""
        steps = [f"{field.name}[0]" for field in self.way[:-1] if field.is_repeated]
        return ".".join([*steps, self.field.name])

    def __str__(self) -> str:
        return f"{self.request.name}.{'.'.join(field.name for field in self.way)}"

    def bare_request(self) -> tuple[Message, Message]:
        """A request in which the message that holds this field is set and empty; and that message.

        The request's own id, where it has one, is not the subject then and is given: its path could be that
        of an id within.
        """
        request = message = GetMessageClass(self.request)()
        if len(self.way) > 1 and "id" in self.request.fields_by_name:
            kind = limits(fields_of(request)["id"]).id_of
            setattr(request, "id", f"{kind}_{'0' * 32}")  # noqa: B010  # the type of request is not known
        for field in self.way[:-1]:
            child = getattr(message, field.name)
            message = child.add() if field.is_repeated else child
            message.SetInParent()
        return request, message

    def request_with(self, value: object) -> Message:
        """The same with this field set, to a list if it is one."""
        request, message = self.bare_request()
        name = self.field.name
        if isinstance(value, list):
            getattr(message, name).extend(value)
        elif isinstance(value, Message):
            getattr(message, name).CopyFrom(value)
        else:
            setattr(message, name, value)
        return request


def places() -> Iterator[Place]:
    """Every field of every request, of messages of this service within them too."""
    for request in REQUESTS:
        yield from _within(request, request, ())


def _within(request: Descriptor, message: Descriptor, way: tuple[FieldDescriptor, ...]) -> Iterator[Place]:
    for field in message.fields:
        yield Place(request, (*way, field))
        if field.message_type is not None and field.message_type.full_name.startswith("everruns."):
            yield from _within(request, field.message_type, (*way, field))
