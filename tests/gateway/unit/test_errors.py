from __future__ import annotations

import grpc
import orjson
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, ResourceInfo, RetryInfo

from everruns.v1.error_reason_pb2 import ErrorReason
from gateway.errors import from_rpc, internal, problem_answer
from gateway.problem import Problem, refusal
from gateway.violations import Violation
from tests.gateway.unit.fake_server import status

NAMES = {"page_size": "limit", "skip": "offset", "request_id": "Idempotency-Key", "id": "id"}


def from_server(code: grpc.StatusCode, text: str, *details: Message) -> Problem:
    trailers = grpc.aio.Metadata()
    if details:
        trailers.add("grpc-status-details-bin", status(code, text, *details).SerializeToString())
    error = grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailers, details=text)
    return from_rpc(error, NAMES)


def info(reason: str, domain: str = "everruns") -> ErrorInfo:
    return ErrorInfo(reason=reason, domain=domain)


def test_the_answer_is_a_problem_document() -> None:
    violation = Violation("tags[0]", "must be a string", "INVALID_FIELD")
    answer = problem_answer(Problem("INVALID_FIELD", 400, "the text", violations=[violation]), "r1")
    assert answer.status == 400
    assert answer.headers == ((b"content-type", b"application/problem+json"),)
    assert orjson.loads(answer.body) == {
        "type": "urn:everruns:error:INVALID_FIELD",
        "title": "Invalid field",
        "status": 400,
        "detail": "the text",
        "code": "INVALID_FIELD",
        "field_violations": [
            {"field": "tags[0]", "description": "must be a string", "reason": "INVALID_FIELD"}
        ],
        "request_id": "r1",
        "error": "the text",
    }


@pytest.mark.parametrize(
    ("reason", "headers"),
    [
        (ErrorReason.API_KEY_MISSING, {b"www-authenticate": b"Bearer"}),
        (ErrorReason.SCOPE_MISSING, {}),
        (ErrorReason.QUEUE_FULL, {b"retry-after": b"1"}),
        (ErrorReason.SERVER_UNAVAILABLE, {b"retry-after": b"1"}),
        (ErrorReason.DEADLINE_EXCEEDED, {}),
        (ErrorReason.INTERNAL, {}),
    ],
)
def test_a_status_brings_its_headers(reason: ErrorReason, headers: dict[bytes, bytes]) -> None:
    answer = problem_answer(refusal(reason, "x"), "r")
    assert dict(answer.headers) == {b"content-type": b"application/problem+json", **headers}


def test_a_problem_brings_its_own_headers() -> None:
    answer = problem_answer(refusal(ErrorReason.METHOD_NOT_ALLOWED, "x", headers=[(b"allow", b"GET")]), "r")
    assert dict(answer.headers)[b"allow"] == b"GET"


@pytest.mark.parametrize(
    ("code", "reason", "http_status"),
    [
        (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_ID", 400),
        (grpc.StatusCode.FAILED_PRECONDITION, "AGENT_ARCHIVED", 400),
        (grpc.StatusCode.UNAUTHENTICATED, "API_KEY_INVALID", 401),
        (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING", 403),
        (grpc.StatusCode.NOT_FOUND, "SESSION_NOT_FOUND", 404),
        (grpc.StatusCode.ALREADY_EXISTS, "IDEMPOTENCY_KEY_REUSED", 409),
        (grpc.StatusCode.ABORTED, "CONCURRENT_CHANGE", 409),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "QUEUE_FULL", 429),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE", 413),
        (grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE", 503),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED", 504),
        (grpc.StatusCode.FAILED_PRECONDITION, "OF_A_NEWER_SERVER", 400),
    ],
)
def test_the_servers_reason_is_the_code(code: grpc.StatusCode, reason: str, http_status: int) -> None:
    problem = from_server(code, "the text", info(reason), ResourceInfo(resource_type="agent"))
    assert (problem.code, problem.status, problem.detail) == (reason, http_status, "the text")
    assert problem.violations == ()


def test_violations_have_the_names_of_rest() -> None:
    bad = BadRequest(
        field_violations=[
            BadRequest.FieldViolation(field="page_size", description="must be at least 0", reason="A"),
            BadRequest.FieldViolation(field="skip", description="must be at least 0", reason="B"),
            BadRequest.FieldViolation(field="request_id", description="must match x", reason="C"),
            BadRequest.FieldViolation(field="capabilities[0].ref", description="is unknown", reason="D"),
        ]
    )
    problem = from_server(
        grpc.StatusCode.INVALID_ARGUMENT, "page_size: must be at least 0", info("INVALID_FIELD"), bad
    )
    assert problem.violations == (
        Violation("limit", "must be at least 0", "A"),
        Violation("offset", "must be at least 0", "B"),
        Violation("Idempotency-Key", "must match x", "C"),
        Violation("capabilities[0].ref", "is unknown", "D"),
    )
    assert problem.detail.startswith("limit: must be at least 0; offset: must be at least 0; ")
    assert "page_size" not in problem.detail


@pytest.mark.parametrize(
    ("seconds", "nanos", "retry_after"), [(0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 2), (7, 500_000_000, 8)]
)
def test_a_delay_is_rounded_up_to_seconds(seconds: int, nanos: int, retry_after: int) -> None:
    retry = RetryInfo(retry_delay=Duration(seconds=seconds, nanos=nanos))
    problem = from_server(grpc.StatusCode.RESOURCE_EXHAUSTED, "x", info("QUEUE_FULL"), retry)
    assert dict(problem_answer(problem, "r").headers)[b"retry-after"] == str(retry_after).encode()


@pytest.mark.parametrize(
    ("code", "text", "reason", "http_status"),
    [
        (grpc.StatusCode.UNAVAILABLE, "failed to connect to 10.0.0.7:50051", "SERVER_UNAVAILABLE", 503),
        (grpc.StatusCode.CANCELLED, "secret", "SERVER_UNAVAILABLE", 503),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "secret", "DEADLINE_EXCEEDED", 504),
        (
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "SERVER: Received message larger than max (5 vs. 4)",
            "MESSAGE_TOO_LARGE",
            413,
        ),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "secret", "QUEUE_FULL", 429),
        (grpc.StatusCode.UNIMPLEMENTED, "secret", "INTERNAL", 500),
        (grpc.StatusCode.UNKNOWN, "secret", "INTERNAL", 500),
        (grpc.StatusCode.INTERNAL, "secret", "INTERNAL", 500),
        (grpc.StatusCode.DATA_LOSS, "secret", "INTERNAL", 500),
        (grpc.StatusCode.UNAUTHENTICATED, "secret", "UNAUTHENTICATED", 401),
        (grpc.StatusCode.INVALID_ARGUMENT, "secret", "INVALID_ARGUMENT", 400),
    ],
)
@pytest.mark.parametrize("details", [(), (info("SECRET", domain="elsewhere"),)])
def test_the_text_of_a_status_that_is_not_the_servers_own_is_kept_back(
    code: grpc.StatusCode, text: str, reason: str, http_status: int, details: tuple[Message, ...]
) -> None:
    problem = from_server(code, text, *details)
    assert (problem.code, problem.status) == (reason, http_status)
    assert text not in problem.detail
    assert "secret" not in problem_answer(problem, "r").body.decode().lower()


def test_an_internal_error_says_nothing_of_the_inside() -> None:
    problem = from_server(grpc.StatusCode.INTERNAL, "Traceback: secret", info("INTERNAL"))
    assert (problem.code, problem.status, problem.detail) == ("INTERNAL", 500, internal().detail)


def test_a_reason_for_which_no_call_ends_does_not_make_a_success() -> None:
    problem = from_server(grpc.StatusCode.INVALID_ARGUMENT, "x", info("CAPABILITY_DEPRECATED"))
    assert problem.status == 400


def test_details_that_cannot_be_read_count_as_none() -> None:
    trailers = grpc.aio.Metadata(("grpc-status-details-bin", b"\xff\xff"))
    error = grpc.aio.AioRpcError(grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), trailers, details="x")
    assert from_rpc(error, NAMES).code == "SERVER_UNAVAILABLE"
