"""What happens around every call: its id, its caller, its deadline, its log line, and its errors."""

from __future__ import annotations

import logging
import math
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
from server.core.later import Later, Take
from server.core.page import PageRequest
from server.rpc.actor import actor_of
from server.rpc.errors import to_status
from server.rpc.journal import Journal
from server.rpc.page_token import PagedRequest, PageTokens
from server.rpc.validate import validate
from server.usecases.authenticate import Authenticate, require

if TYPE_CHECKING:
    from server.rpc.tracing import Tracing

logger = logging.getLogger(__name__)

Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response")

LARGEST_MESSAGE = 4 * 1024 * 1024
"""The most bytes of a request."""

_NO_DEADLINE = 1e8
"""In how many seconds, at least, the deadline of a call is that has none: years."""

_READING = ("Get", "BatchGet", "List", "Preview", "Explain", "Compare", "Diff", "Export", "Watch")
_WORKING = frozenset({"BeginTurn", "HeartbeatTurn", "EndTurn"})
_QUICK = ("Get", "CreateSession")


class Call:
    """One call, for the method that answers it: who makes it, and the organization it is done in."""

    __slots__ = ("_context", "_seconds", "_tokens", "caller", "organization_id")

    def __init__(
        self, caller: Caller, context: grpc.ServicerContext, tokens: PageTokens, seconds: float = math.inf
    ) -> None:
        self.caller = caller
        self.organization_id = caller.organization_id
        self._context = context
        self._tokens = tokens
        self._seconds = seconds

    @property
    def deadline(self) -> float:
        """When the caller stops waiting, in seconds of time.monotonic(); where it does not say so, when it
        is taken to."""
        left = self._context.time_remaining()
        return time.monotonic() + (left if left < _NO_DEADLINE else self._seconds)

    def actor(self, method: str) -> Actor:
        """Who makes the call, for the audit log; `method` is the rpc's name."""
        return actor_of(method, self.caller, self._context)

    @property
    def context(self) -> grpc.ServicerContext:
        """What grpc knows of it, for a method that answers by itself."""
        return self._context

    def page_request(self, request: PagedRequest) -> PageRequest:
        """The part of the organization's list that is asked for. Raises INVALID_PAGE_TOKEN."""
        return self._tokens.page_request(request, self.organization_id)

    def next_page_token(self, request: PagedRequest, after: tuple[int, bytes] | None) -> str | None:
        """The token of the page after an item; None when there is none."""
        return self._tokens.next_page_token(request, self.organization_id, after)

    def mark_replayed(self) -> None:
        """Tells the client that the answer is an earlier one."""
        self._context.send_initial_metadata((("idempotency-replayed", "true"),))


@dataclass(frozen=True, slots=True)
class Undecodable:
    """In place of a request whose bytes are not of its message."""

    size: int


def admit_all(_: Caller) -> None:
    """Lets every caller call as often as it likes."""


class Calls:
    """Puts around a method what all methods need. Thread-safe.

    Page tokens are of a secret of its own, which no other process reads, unless they are given. `admit`
    raises the refusal of a caller who may not call just now; `seconds` is how long a call that comes without
    a deadline may wait.
    """

    def __init__(
        self,
        authenticate: Authenticate,
        quick: ThreadPoolExecutor | None = None,
        journal: Journal | None = None,
        tokens: PageTokens | None = None,
        admit: Callable[[Caller], None] = admit_all,
        seconds: float = math.inf,
        tracing: Tracing | None = None,
    ) -> None:
        self._authenticate: Callable[[str | None], Caller] = authenticate
        self._admit = admit
        self._seconds = seconds
        self._quick = quick
        self._journal = journal or Journal()
        self._tokens = tokens or PageTokens(secrets.token_bytes(32))
        self._tracing = tracing

    def refuse(self) -> None:
        """From now on every call that comes is refused, as retryable; those being made go on."""
        self._authenticate = _refuse

    def around(
        self,
        name: str,
        method: Callable[[Request, Call], Response | Later[Response]],
        scope: Scope | None = None,
    ) -> Callable[[Request | Undecodable, grpc.ServicerContext], Response | Later[Response]]:
        """The method as grpc calls it: it validates, and ends with a status where `method` raises.

        `name` is the rpc's; without a `scope` those that only read need `read`, those of a worker `worker`,
        the others `write`. What never waits for long, as reading one thing by its id or what is answered
        Later, runs on the threads for quick calls if there are such.
        """
        needed = scope or _scope(name)
        journal, answered = self._journal, (name, "OK")

        def handle(
            request: Request | Undecodable, context: grpc.ServicerContext
        ) -> Response | Later[Response]:
            started = time.perf_counter()
            headers = _headers(context)
            caller: Caller | None = None

            def end(take: Take[Response]) -> Response:
                try:
                    response = take()
                except Exception as error:
                    return refuse(error)
                if journal.notes_answers:
                    journal.answered(answered, started, headers.request_id, caller, context)
                return response

            def refuse(error: Exception) -> NoReturn:
                request_id = headers.request_id or uuid.uuid4().hex
                refused = _refusal(error, name, request_id)
                journal.refused(name, refused, started, request_id, caller, context)
                _abort(context, to_status(refused, request_id))

            try:
                caller = self._authenticate(headers.authorization)
                self._admit(caller)
                require(caller, needed)
                _check_organization(headers.organization, caller)
                if isinstance(request, Undecodable):
                    raise _undecodable(request)
                validate(request)
                response = method(request, Call(caller, context, self._tokens, self._seconds))
            except Exception as error:
                return refuse(error)
            if isinstance(response, Later):
                return response.then(end)
            if journal.notes_answers:
                journal.answered(answered, started, headers.request_id, caller, context)
            return response

        answering: Callable[[Request | Undecodable, grpc.ServicerContext], Response | Later[Response]]
        answering = handle
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
