"""The services on grpcio-testing's server: called as grpc calls them, without a port.

Its context lacks `abort_with_status`, which is added here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn, TypeVar, cast

import grpc
import grpc_testing
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from server.core.caller import Scope
from server.core.catalog import Catalog
from server.core.clock import SystemClock
from server.core.later import Later
from server.core.store import Store
from server.rpc.calls import Call, Calls, Undecodable
from server.services import AGENTS, AUDIT, CAPABILITIES, KEYS, MODELS, SESSIONS, TURNS, make_services
from server.usecases.authenticate import Authenticate
from server.usecases.create_key import CreateKey
from tests.unit.status_details import Failure, read_failure

Answer = TypeVar("Answer", bound=Message)
Metadata = Sequence[tuple[str, str]]
Method = Callable[[Message, Call], Message]


class Failed(Exception):
    """A call ended without an answer."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


class _Aborted(Exception):
    """The method has set its status and ends."""


class _Context:
    """grpcio-testing's context of a call, and what it lacks."""

    def __init__(self, context: grpc.ServicerContext) -> None:
        self._context = context
        self.invocation_metadata = context.invocation_metadata
        self.time_remaining = context.time_remaining
        self.is_active = context.is_active
        self.send_initial_metadata = context.send_initial_metadata
        self.peer = lambda: "peer-1"

    def abort_with_status(self, status: grpc.Status) -> NoReturn:
        self._context.set_code(status.code)
        self._context.set_details(status.details)
        self._context.set_trailing_metadata(status.trailing_metadata)
        raise _Aborted


class _Servicer:
    """An object with a method for each rpc, as grpc wants it."""

    def __init__(self, calls: Calls, service: ServiceDescriptor, methods: Mapping[str, Method]) -> None:
        for descriptor in service.methods:
            scope = Scope.ADMIN if service in (KEYS, AUDIT) else None
            handle = calls.around(descriptor.name, methods[descriptor.name], scope)
            setattr(self, descriptor.name, _ending(handle, GetMessageClass(descriptor.output_type)))


def _ending(
    handle: Callable[[Message | Undecodable, grpc.ServicerContext], Message | Later[Message]],
    answer: type[Message],
) -> Callable[[Message | Undecodable, grpc.ServicerContext], Message]:
    def end(request: Message | Undecodable, context: grpc.ServicerContext) -> Message:
        try:
            answered = handle(request, cast(grpc.ServicerContext, _Context(context)))
            return answered.result() if isinstance(answered, Later) else answered
        except _Aborted:
            # grpcio-testing sends the status that is set with whatever message is returned.
            return answer()

    return end


@dataclass(frozen=True)
class Answered:
    """An answer, and the metadata before it."""

    message: Message
    initial_metadata: dict[str, str | bytes]


class TestingServer:
    """Services that a test calls in place of a client. Every call has 30 seconds of a time that stands."""

    __test__ = False

    def __init__(self, calls: Calls, methods: Mapping[ServiceDescriptor, Mapping[str, Method]]) -> None:
        self._methods: dict[str, MethodDescriptor] = {
            method.name: method for service in methods for method in service.methods
        }
        servicers = {service: _Servicer(calls, service, of_it) for service, of_it in methods.items()}
        time = grpc_testing.strict_fake_time(0.0)
        self._server = grpc_testing.server_from_dictionary(servicers, time)

    def call(self, rpc: str, request: Message | Undecodable, metadata: Metadata = ()) -> Answered:
        """The answer of an rpc. Raises Failed."""
        running = self._server.invoke_unary_unary(self._methods[rpc], tuple(metadata), request, 30.0)
        message, trailing_metadata, code, details = running.termination()
        if code is not grpc.StatusCode.OK:
            raise Failed(read_failure(code, details, trailing_metadata))
        return Answered(message, dict(running.initial_metadata()))


class Client:
    """Calls the services with one key."""

    def __init__(self, server: TestingServer, key: str, organization_id: bytes) -> None:
        self._server = server
        self.key = key
        self.organization_id = organization_id

    def __call__(
        self, rpc: str, request: Message, answer: type[Answer], *metadata: tuple[str, str]
    ) -> Answer:
        """The answer, of the type that the rpc has. Raises Failed."""
        answered = self.answered(rpc, request, *metadata)
        assert isinstance(answered.message, answer)
        return answered.message

    def answered(self, rpc: str, request: Message, *metadata: tuple[str, str]) -> Answered:
        """The answer with its metadata. Raises Failed."""
        return self._server.call(rpc, request, [("authorization", f"Bearer {self.key}"), *metadata])

    def failure(self, rpc: str, request: Message, *metadata: tuple[str, str]) -> Failure:
        """How a call fails. Raises AssertionError when it does not."""
        try:
            answered = self.answered(rpc, request, *metadata)
        except Failed as failed:
            return failed.failure
        raise AssertionError(f"{rpc} answered {answered.message}")


class Service:
    """The whole service over a store, and clients of it."""

    def __init__(self, store: Store, catalog: Catalog, default_model: str | None = None) -> None:
        self.store = store
        services = make_services(store, catalog, default_model)
        self.server = TestingServer(
            Calls(Authenticate(store.keys)),
            {
                descriptor: {method.name: getattr(service, method.name) for method in descriptor.methods}
                for descriptor, service in (
                    (SESSIONS, services.sessions),
                    (AGENTS, services.agents),
                    (CAPABILITIES, services.capabilities),
                    (TURNS, services.turns),
                    (KEYS, services.keys),
                    (AUDIT, services.audit),
                    (MODELS, services.models),
                )
            },
        )

    def client(
        self, organization: str = "acme", scopes: Sequence[Scope] = (Scope.READ, Scope.WRITE)
    ) -> Client:
        """A client with a new key of an organization, which is made if need be."""
        made = CreateKey(self.store, SystemClock())(organization, "test", scopes)
        return Client(self.server, made.key, made.organization.id)
