"""From an ASGI call to an endpoint, and from what the endpoint answers or raises to HTTP."""

from __future__ import annotations

import logging

from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from everruns.v1.error_reason_pb2 import MALFORMED_BODY, SERVER_UNAVAILABLE
from gateway import errors, headers
from gateway.access import CLIENT_GONE, UNMATCHED, Access
from gateway.body import ClientGone
from gateway.exchange import Answer, HttpRequest
from gateway.parts import send_parts
from gateway.problem import Problem, refusal
from gateway.routes import RouteTable

_SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
"""What an answer has where its endpoint gave it no other: it is data, to be kept and run nowhere."""

_OVER_TLS = (b"strict-transport-security", b"max-age=31536000")

_logger = logging.getLogger(__name__)


class Dispatcher:
    """The ASGI application for every path. The lifespan's state holds its `RouteTable` as `routes`.

    One handler with a table, in place of a list of framework routes, so that an unknown path and a
    method that is not there are answered as every other error is. Every answer has an `X-Request-Id`.
    With `most_requests` under way, one more is refused before anything is done for it.
    """

    def __init__(self, access: Access, most_requests: int) -> None:
        self._access = access
        self._most_requests = most_requests
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await WebSocketClose()(scope, receive, send)
            return
        routes: RouteTable = scope["state"]["routes"]
        by_name = headers.by_name(scope["headers"])
        request_id = headers.request_id(by_name)
        started = self._access.begins()
        peer = scope.get("client")
        route, status, reason = UNMATCHED, CLIENT_GONE, None
        self._under_way += 1
        try:
            try:
                if self._under_way > self._most_requests:
                    raise _too_many()
                if b"transfer-encoding" in by_name and b"content-length" in by_name:
                    raise _two_lengths()
                endpoint, path_values = routes.find(scope["method"], scope["path"])
                route = routes.template(endpoint)
                client = peer[0] if peer else ""
                answer = await endpoint(
                    HttpRequest(by_name, path_values, scope["query_string"], request_id, receive, client)
                )
            except Problem as problem:
                answer, reason = errors.problem_answer(problem, request_id), problem.code
            except ClientGone:
                return
            except Exception:
                _logger.exception("request %s: %s %s failed", request_id, scope["method"], route)
                internal = errors.internal()
                answer, reason = errors.problem_answer(internal, request_id), internal.code
            if answer.body_parts is None:
                await _send(answer, request_id, scope["scheme"], send)
            else:
                start, is_head = _start(answer, request_id, scope["scheme"]), scope["method"] == "HEAD"
                stopping = scope["state"]["stopping"]
                await send_parts(start, answer.body_parts, is_head, stopping, receive, send)
            status = answer.status
        finally:
            self._under_way -= 1
            self._access.ends(started, request_id, scope["method"], route, status, reason, peer)


def _too_many() -> Problem:
    return refusal(SERVER_UNAVAILABLE, "The gateway has too many requests under way; ask again.")


def _two_lengths() -> Problem:
    # RFC 9112, section 6.1: a proxy may have taken the other one, so nothing that follows can be trusted.
    text = "The request has both Content-Length and Transfer-Encoding."
    return refusal(MALFORMED_BODY, text, headers=[(b"connection", b"close")])


async def _send(answer: Answer, request_id: str, scheme: str, send: Send) -> None:
    await send(_start(answer, request_id, scheme))
    await send({"type": "http.response.body", "body": answer.body})


def _start(answer: Answer, request_id: str, scheme: str) -> Message:
    given = {name for name, _ in answer.headers}
    added = [header for header in _SECURITY_HEADERS if header[0] not in given]
    headers = [*answer.headers, (b"x-request-id", request_id.encode()), *added]
    if scheme == "https":
        headers.append(_OVER_TLS)
    if answer.body:
        headers.append((b"content-length", str(len(answer.body)).encode()))
    return {"type": "http.response.start", "status": answer.status, "headers": headers}
