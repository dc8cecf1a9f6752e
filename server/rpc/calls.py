"""What happens around every call: its id, its caller, its deadline, its log line, and its errors."""

from __future__ import annotations

import logging
import secrets
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message

from server.core.audit import Actor
from server.core.caller import Caller, Scope
from server.core.errors import Reason, ServiceError, invalid_field
from server.core.ids import InvalidId, parse_id
from server.core.page import PageRequest
from server.rpc.actor import actor_of
from server.rpc.errors import to_status
from server.rpc.journal import Journal
from server.rpc.page_token import ListRequest, PageTokens
from server.rpc.validate import validate
from server.usecases.authenticate import Authenticate, require

if TYPE_CHECKING:
    from server.rpc.tracing import Tracing

logger = logging.getLogger(__name__)

Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)

LARGEST_MESSAGE = 4 * 1024 * 1024
"""The most bytes of a request."""

_READING = ("Get", "List", "Preview", "Explain", "Compare", "Export")
_WORKING = frozenset({"BeginTurn", "HeartbeatTurn", "EndTurn"})
_QUICK = ("Get",)


class Call:
    """One call, for the method that answers it: who makes it, and the organization it is done in."""

    __slots__ = ("_context", "_tokens", "caller", "organization_id")

    def __init__(self, caller: Caller, context: grpc.ServicerContext, tokens: PageTokens) -> None:
        self.caller = caller
        self.organization_id = caller.organization_id
        self._context = context
        self._tokens = tokens

    @property
    def deadline(self) -> float:
        """When the caller stops waiting, in seconds of time.monotonic(); infinity if never."""
        return time.monotonic() + self._context.time_remaining()

    def actor(self, method: str) -> Actor:
        """Who makes the call, for the audit log; `method` is the rpc's name."""
        return actor_of(method, self.caller, self._context)

    def page_request(self, request: ListRequest) -> PageRequest:
        """The part of the organization's list that is asked for. Raises INVALID_PAGE_TOKEN."""
        return self._tokens.page_request(request, self.organization_id)

    def next_page_token(self, request: ListRequest, after: tuple[int, bytes] | None) -> str | None:
        """The token of the page after an item; None when there is none."""
        return self._tokens.next_page_token(request, self.organization_id, after)

    def mark_replayed(self) -> None:
        """Tells the client that the answer is an earlier one."""
        self._context.send_initial_metadata((("idempotency-replayed", "true"),))


@dataclass(frozen=True, slots=True)
class Undecodable:
    """In place of a request whose bytes are not of its message."""

    size: int


class Calls:
    """Puts around a method what all methods need. Thread-safe.

    Page tokens are of a secret of its own, which no other process reads, unless they are given.
    """

    def __init__(
        self,
        authenticate: Authenticate,
        quick: ThreadPoolExecutor | None = None,
        journal: Journal | None = None,
        tokens: PageTokens | None = None,
        tracing: Tracing | None = None,
    ) -> None:
        self._authenticate: Callable[[str | None], Caller] = authenticate
        self._quick = quick
        self._journal = journal or Journal()
        self._tokens = tokens or PageTokens(secrets.token_bytes(32))
        self._tracing = tracing

    def refuse(self) -> None:
        """From now on every call that comes is refused, as retryable; those being made go on."""
        self._authenticate = _refuse

    def around(
        self, name: str, method: Callable[[Request, Call], Response], scope: Scope | None = None
    ) -> Callable[[Request | Undecodable, grpc.ServicerContext], Response]:
        """The method as grpc calls it: it validates, and ends with a status where `method` raises.

        `name` is the rpc's; without a `scope` those that only read need `read`, those of a worker `worker`,
        the others `write`. Reading one thing by its id never waits for long, and runs on the threads for
        quick calls if there are such.
        """
        needed = scope or _scope(name)
        journal, answered = self._journal, (name, "OK")

        def handle(request: Request | Undecodable, context: grpc.ServicerContext) -> Response:
            started = time.perf_counter()
            headers = _headers(context)
            caller: Caller | None = None
            try:
                caller = self._authenticate(headers.authorization)
                require(caller, needed)
                _check_organization(headers.organization, caller)
                if isinstance(request, Undecodable):
                    raise _undecodable(request)
                validate(request)
                response = method(request, Call(caller, context, self._tokens))
            except Exception as error:
                request_id = headers.request_id or uuid.uuid4().hex
                refused = _refusal(error, name, request_id)
                journal.refused(name, refused, started, request_id, caller, context)
                return _abort(context, to_status(refused, request_id))
            if journal.notes_answers:
                journal.answered(answered, started, headers.request_id, caller, context)
            return response

        answering: Callable[[Request | Undecodable, grpc.ServicerContext], Response] = handle
        if self._tracing is not None:
            answering = self._tracing.around(name, handle)
        if self._quick is not None and name.startswith(_QUICK):
            # How grpc is told of other threads for a method.
            answering.experimental_thread_pool = self._quick  # type: ignore[attr-defined]
        return answering


def _refuse(_: str | None) -> NoReturn:
    raise ServiceError(Reason.SERVER_UNAVAILABLE, "the server is stopping; ask again", retry_after=1.0)


def _scope(name: str) -> Scope:
    if name in _WORKING:
        return Scope.WORKER
    return Scope.READ if name.startswith(_READING) else Scope.WRITE


def deserializer(message: type[Request]) -> Callable[[bytes], Request | Undecodable]:
    """Reads a message; what is too large or is none becomes Undecodable, for the method to refuse.

    An exception here would end the call with INTERNAL, which says that the service is at fault.
    """

    def deserialize(data: bytes) -> Request | Undecodable:
        if len(data) <= LARGEST_MESSAGE:
            try:
                return message.FromString(data)
            except DecodeError:
                pass
        return Undecodable(len(data))

    return deserialize


@dataclass(slots=True)
class _Headers:
    authorization: str | None = None
    organization: str | None = None
    request_id: str = ""


def _headers(context: grpc.ServicerContext) -> _Headers:
    headers = _Headers()
    for key, value in context.invocation_metadata():
        if key == "authorization":
            headers.authorization = str(value)
        elif key == "x-org-id":
            headers.organization = str(value)
        elif key == "x-request-id" and 0 < len(value) <= 128:
            headers.request_id = str(value)
    return headers


def _refusal(error: Exception, name: str, request_id: str) -> ServiceError:
    if isinstance(error, ServiceError):
        return error
    logger.error("%s failed, request %s", name, request_id, exc_info=error)
    return ServiceError(Reason.INTERNAL, f"internal error; its request id is {request_id}")


def _abort(context: grpc.ServicerContext, status: grpc.Status) -> NoReturn:
    context.abort_with_status(status)
    raise AssertionError("abort_with_status raises")


def _check_organization(named: str | None, caller: Caller) -> None:
    if named is None:
        return
    try:
        same = parse_id("org", named) == caller.organization_id
    except InvalidId:
        same = False
    if not same:
        raise ServiceError(Reason.ORGANIZATION_MISMATCH, "x-org-id names another organization than the key's")


def _undecodable(request: Undecodable) -> ServiceError:
    if request.size > LARGEST_MESSAGE:
        text = f"a request may have at most {LARGEST_MESSAGE} bytes, not {request.size}"
        return ServiceError(Reason.MESSAGE_TOO_LARGE, text)
    return invalid_field("", "the bytes are not of the request's message")
