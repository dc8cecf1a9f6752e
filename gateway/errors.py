"""Errors as HTTP answers: the one place where a gRPC status or a Problem becomes one.

The answer is a problem document (RFC 9457) with, besides `type`, `title`, `status` and `detail`, the
members `code` (an `ErrorReason`), `field_violations`, `request_id`, and `error`, the text again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

import grpc
import orjson
from google.protobuf.message import DecodeError, Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from everruns.v1.error_reason_pb2 import ErrorReason
from gateway.exchange import Answer
from gateway.problem import Problem, refusal, sentence
from gateway.reasons import STATUS_OF_CODE, STATUS_OF_REASON
from gateway.violations import Violation

_DOMAIN = "everruns"
_PROBLEM_TYPE = (b"content-type", b"application/problem+json")
_STATUSES_TO_RETRY = frozenset({429, 503})
_INTERNAL_DETAIL = "Something went wrong here. The request id finds it in the log."

M = TypeVar("M", bound=Message)


class EndedCall(Protocol):
    """A call that ended in an error, as gRPC has it with and without asyncio."""

    def code(self) -> grpc.StatusCode:
        """Its code."""

    def details(self) -> str | None:
        """Its text."""

    def trailing_metadata(self) -> Iterable[tuple[str, str | bytes]]:
        """Its trailers."""


def problem_answer(problem: Problem, request_id: str) -> Answer:
    """Returns the answer that a problem is.

    429 and 503 always have a `Retry-After`, of 1 second if the problem has none; 401 has a
    `WWW-Authenticate`.
    """
    headers = [_PROBLEM_TYPE, *problem.headers]
    if problem.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if problem.status in _STATUSES_TO_RETRY:
        headers.append((b"retry-after", str(problem.retry_after or 1).encode()))
    document = {
        "type": f"urn:everruns:error:{problem.code}",
        "title": problem.code.replace("_", " ").capitalize(),
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        "field_violations": [
            {"field": found.field, "description": found.description, "reason": found.reason}
            for found in problem.violations
        ],
        "request_id": request_id,
        "error": problem.detail,
    }
    return Answer(problem.status, orjson.dumps(document), tuple(headers))


def internal() -> Problem:
    """Returns the problem of a defect, which says nothing about the inside."""
    return refusal(ErrorReason.INTERNAL, _INTERNAL_DETAIL)


def from_rpc(error: EndedCall, rest_names: Mapping[str, str]) -> Problem:
    """Returns the problem that a gRPC status is; a violation's field is called as `rest_names` says.

    Only the text of a status with the server's own ErrorInfo is passed on: any other comes from gRPC
    itself and tells of hosts and ports.
    """
    status = _status(error)
    info = _detail(status, ErrorInfo())
    if info is None or info.domain != _DOMAIN:
        return _without_reason(error)
    http_status = STATUS_OF_REASON.get(info.reason) or STATUS_OF_CODE[error.code()]
    if http_status == 500:
        return internal()
    violations = [
        Violation(rest_names.get(found.field, found.field), found.description, found.reason)
        for found in (_detail(status, BadRequest()) or BadRequest()).field_violations
    ]
    return Problem(
        info.reason,
        http_status,
        # Made again, because the server's own text has the names of the protos.
        sentence(violations) or error.details() or "",
        violations=violations,
        retry_after=_retry_after(status),
    )


def _without_reason(error: EndedCall) -> Problem:
    code = error.code()
    if code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
        return refusal(ErrorReason.SERVER_UNAVAILABLE, "The server cannot be reached; ask again.")
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return refusal(ErrorReason.DEADLINE_EXCEEDED, "The deadline passed before the server answered.")
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        # gRPC has one code for both, and says which in its text alone.
        if "larger than max" in (error.details() or ""):
            return refusal(ErrorReason.MESSAGE_TOO_LARGE, "The request is larger than the server takes.")
        return refusal(ErrorReason.QUEUE_FULL, "The server has too much to do; ask again.")
    if STATUS_OF_CODE[code] == 500:
        return internal()
    return Problem(code.name, STATUS_OF_CODE[code], "The server refused the request.")


def _status(error: EndedCall) -> Status:
    for key, value in error.trailing_metadata():
        if key == "grpc-status-details-bin" and isinstance(value, bytes):
            try:
                return Status.FromString(value)
            except DecodeError:
                break
    return Status()


def _detail(status: Status, empty: M) -> M | None:
    for detail in status.details:
        if detail.Unpack(empty):
            return empty
    return None


def _retry_after(status: Status) -> int | None:
    info = _detail(status, RetryInfo())
    if info is None:
        return None
    delay = info.retry_delay
    return max(1, delay.seconds + (delay.nanos > 0))
