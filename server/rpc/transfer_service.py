"""SessionTransferService: two streams, of which few run at once and none waits for its client for ever."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

import grpc

from everruns.v1 import session_transfer_service_pb2 as pb
from everruns.v1.error_reason_pb2 import ErrorReason
from server.core.caller import Scope
from server.core.clock import Clock
from server.core.errors import Reason, ServiceError, invalid_field
from server.core.ids import parse_id
from server.core.later import Later
from server.core.session import Session
from server.rpc.calls import LARGEST_MESSAGE, Call, Calls, Undecodable, deserializer
from server.rpc.errors import shortened
from server.rpc.session_lines import read_line, split_lines, write_line
from server.usecases.export_sessions import ExportSessions
from server.usecases.import_sessions import Imported, ImportSessions, Line

T = TypeVar("T")

MOST_TRANSFERS = 4
"""How many run at once in a process; each holds a thread."""

PATIENCE = 60.0
"""For how many seconds a client may neither take nor send anything."""

_PART = 256 * 1024
_LARGEST_PART = 2 * 1024 * 1024
_MOST_VIOLATIONS = 10


@dataclass(frozen=True, slots=True)
class SessionTransferService:
    """What everruns.v1.SessionTransferService does; the protos say how it can end."""

    export_sessions: ExportSessions
    import_sessions: ImportSessions
    clock: Clock


class Transfers:
    """Answers the calls of the service, at most so many at once. Thread-safe."""

    def __init__(
        self,
        calls: Calls,
        service: SessionTransferService,
        most: int = MOST_TRANSFERS,
        patience: float = PATIENCE,
    ) -> None:
        self._calls = calls
        self._service = service
        self._free = threading.BoundedSemaphore(most)
        self._patience = patience

    def add_to(self, server: grpc.Server) -> None:
        """Registers the service with a server."""
        handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
            "ExportSessions": grpc.unary_stream_rpc_method_handler(
                self._export,
                request_deserializer=deserializer(pb.ExportSessionsRequest),
                response_serializer=pb.ExportSessionsResponse.SerializeToString,
            ),
            "ImportSessions": grpc.stream_unary_rpc_method_handler(
                self._import,
                request_deserializer=deserializer(pb.ImportSessionsRequest),
                response_serializer=pb.ImportSessionsResponse.SerializeToString,
            ),
        }
        name = pb.DESCRIPTOR.services_by_name["SessionTransferService"].full_name
        generic = grpc.method_handlers_generic_handler(name, handlers)
        server.add_generic_rpc_handlers((generic,))
        server.add_registered_method_handlers(name, handlers)

    def _export(
        self, request: pb.ExportSessionsRequest | Undecodable, context: grpc.ServicerContext
    ) -> Iterator[pb.ExportSessionsResponse]:
        def begin(request: pb.ExportSessionsRequest, call: Call) -> Iterator[pb.ExportSessionsResponse]:
            after = parse_id("session", request.after_id) if request.after_id else bytes(16)
            self._take(context)
            total = self._service.export_sessions.total(call.organization_id)
            return _parts(self._service.export_sessions(call.organization_id, after), total)

        parts = _now(self._calls.around("ExportSessions", begin)(request, context))
        try:
            for part in parts:
                with self._waiting(context):
                    yield part
        except ServiceError as error:
            self._calls.around("ExportSessions", _raising(error))(request, context)

    def _import(
        self, requests: Iterator[pb.ImportSessionsRequest | Undecodable], context: grpc.ServicerContext
    ) -> pb.ImportSessionsResponse:
        def run(_: pb.ImportSessionsRequest, call: Call) -> pb.ImportSessionsResponse:
            self._take(context)
            lines = self._lines(requests, context, call.organization_id)
            # Without a deadline an import may last, and no write in it may wait for long.
            imported = self._service.import_sessions(call.organization_id, lines, lambda: call.deadline)
            return _imported(imported)

        # Its messages come later, so what is looked at before is an empty one.
        handle = self._calls.around("ImportSessions", run, Scope.ADMIN)
        return _now(handle(pb.ImportSessionsRequest(), context))

    def _lines(
        self,
        requests: Iterator[pb.ImportSessionsRequest | Undecodable],
        context: grpc.ServicerContext,
        organization_id: bytes,
    ) -> Iterator[Line]:
        for number, line in enumerate(split_lines(self._received(requests, context)), 1):
            # An empty line is no session, and no mistake.
            if line is None or line.strip():
                yield Line(number, self._read(line, organization_id))

    def _read(self, line: bytes | None, organization_id: bytes) -> Session | ServiceError:
        try:
            return read_line(line, organization_id, self._service.clock())
        except ServiceError as error:
            return error

    def _received(
        self, requests: Iterator[pb.ImportSessionsRequest | Undecodable], context: grpc.ServicerContext
    ) -> Iterator[bytes]:
        while (request := self._next(requests, context)) is not None:
            if not isinstance(request, Undecodable):
                yield request.data
            elif request.size > LARGEST_MESSAGE:
                text = f"a message may have at most {LARGEST_MESSAGE} bytes, not {request.size}"
                raise ServiceError(Reason.MESSAGE_TOO_LARGE, text)
            else:
                raise invalid_field("", "the bytes are not of the request's message")

    def _next(
        self, requests: Iterator[pb.ImportSessionsRequest | Undecodable], context: grpc.ServicerContext
    ) -> pb.ImportSessionsRequest | Undecodable | None:
        with self._waiting(context):
            try:
                return next(requests, None)
            except grpc.RpcError:
                gone = "the client has gone, or has sent nothing for too long"
                raise ServiceError(Reason.DEADLINE_EXCEEDED, gone) from None

    def _take(self, context: grpc.ServicerContext) -> None:
        """Takes a place until the call ends."""
        if not self._free.acquire(blocking=False):
            text = "as many exports and imports run as may at once; try again"
            raise ServiceError(Reason.TOO_MANY_TRANSFERS, text, retry_after=5.0)
        if not context.add_callback(self._free.release):
            self._free.release()

    @contextlib.contextmanager
    def _waiting(self, context: grpc.ServicerContext) -> Iterator[None]:
        """Within it the client is waited for, no longer than for the patience there is."""
        timer = threading.Timer(self._patience, context.cancel)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def _now(answer: T | Later[T]) -> T:
    return answer.result() if isinstance(answer, Later) else answer


def _raising(error: ServiceError) -> Callable[[pb.ExportSessionsRequest, Call], NoReturn]:
    def fail(_: pb.ExportSessionsRequest, __: Call) -> NoReturn:
        raise error

    return fail


def _parts(pages: Iterator[Sequence[Session]], total: int) -> Iterator[pb.ExportSessionsResponse]:
    """The lines of the sessions in parts of about _PART bytes, the last one perhaps empty."""
    data, exported = bytearray(), 0
    for page in pages:
        for session in page:
            data += write_line(session)
            exported += 1
            while len(data) >= _PART:
                part = bytes(data[:_LARGEST_PART])
                del data[:_LARGEST_PART]
                yield pb.ExportSessionsResponse(data=part, exported=exported, total=total)
    yield pb.ExportSessionsResponse(data=bytes(data), exported=exported, total=total)


def _imported(imported: Imported) -> pb.ImportSessionsResponse:
    response = pb.ImportSessionsResponse(
        created=imported.created, unchanged=imported.unchanged, failed=imported.failed
    )
    for number, error in imported.failures:
        failure = response.failures.add(
            line=number, reason=ErrorReason.Value(error.reason), message=shortened(error.message, 1000)
        )
        for violation in error.violations[:_MOST_VIOLATIONS]:
            failure.violations.add(
                field=shortened(violation.field, 200),
                description=shortened(violation.description, 300),
                reason=violation.reason,
            )
    return response
