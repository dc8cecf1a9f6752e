"""Reasons and their status codes, and the details that a status carries."""

from __future__ import annotations

import grpc
import pytest
from google.rpc import code_pb2

from everruns.v1.error_reason_pb2 import ErrorReason
from server.core.errors import (
    Reason,
    Resource,
    ServiceError,
    Violation,
    agent_archived,
    agent_not_found,
    capability_not_found,
    invalid,
    invalid_field,
    session_not_found,
)
from server.rpc.errors import code_name, to_status
from tests.unit.status_details import Failure, read_failure

# What only a REST gateway can find: a server of gRPC has no routes and no JSON.
WARNINGS = ("CAPABILITY_DEPRECATED", "EXCLUSION_WITHOUT_EFFECT")
OF_THE_GATEWAY = {
    "UNSUPPORTED_FIELD",
    "MALFORMED_BODY",
    "ROUTE_NOT_FOUND",
    "METHOD_NOT_ALLOWED",
    "NOT_IN_THIS_SERVICE",
}


def failure(error: ServiceError, request_id: str = "r") -> Failure:
    status = to_status(error, request_id)
    assert status.trailing_metadata is not None
    return read_failure(status.code, status.details, list(status.trailing_metadata))


def test_the_reasons_are_those_of_the_protos() -> None:
    of_the_protos = set(ErrorReason.keys()) - {"ERROR_REASON_UNSPECIFIED"}
    assert {reason.name for reason in Reason} == of_the_protos - OF_THE_GATEWAY
    assert of_the_protos >= OF_THE_GATEWAY
    assert all(reason.name == reason.value for reason in Reason)


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason not in WARNINGS])
def test_every_reason_ends_a_call_with_a_code_that_is_not_ok(reason: Reason) -> None:
    found = failure(ServiceError(reason, "text"))
    assert found.code is not grpc.StatusCode.OK
    assert (found.reason, found.domain, found.message) == (reason, "everruns", "text")


def test_a_warning_ends_no_call() -> None:
    for reason in WARNINGS:
        assert code_name(ServiceError(Reason(reason), "text")) == "OK"


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (Reason.INVALID_FIELD, grpc.StatusCode.INVALID_ARGUMENT),
        (Reason.UNKNOWN_CAPABILITY, grpc.StatusCode.INVALID_ARGUMENT),
        (Reason.INVALID_CONFIG, grpc.StatusCode.INVALID_ARGUMENT),
        (Reason.API_KEY_MISSING, grpc.StatusCode.UNAUTHENTICATED),
        (Reason.API_KEY_INVALID, grpc.StatusCode.UNAUTHENTICATED),
        (Reason.SCOPE_MISSING, grpc.StatusCode.PERMISSION_DENIED),
        (Reason.ORGANIZATION_MISMATCH, grpc.StatusCode.PERMISSION_DENIED),
        (Reason.SESSION_NOT_FOUND, grpc.StatusCode.NOT_FOUND),
        (Reason.IDEMPOTENCY_KEY_REUSED, grpc.StatusCode.ALREADY_EXISTS),
        (Reason.AGENT_ALREADY_EXISTS, grpc.StatusCode.ALREADY_EXISTS),
        (Reason.CONCURRENT_CHANGE, grpc.StatusCode.ABORTED),
        (Reason.AGENT_ARCHIVED, grpc.StatusCode.FAILED_PRECONDITION),
        (Reason.QUEUE_FULL, grpc.StatusCode.RESOURCE_EXHAUSTED),
        (Reason.MESSAGE_TOO_LARGE, grpc.StatusCode.RESOURCE_EXHAUSTED),
        (Reason.DEADLINE_EXCEEDED, grpc.StatusCode.DEADLINE_EXCEEDED),
        (Reason.STORE_UNAVAILABLE, grpc.StatusCode.UNAVAILABLE),
        (Reason.INTERNAL, grpc.StatusCode.INTERNAL),
    ],
)
def test_codes_are_those_of_the_contract(reason: Reason, code: grpc.StatusCode) -> None:
    assert failure(ServiceError(reason, "text")).code is code
    assert code_pb2.Code.Name(code.value[0]) == code_name(ServiceError(reason, "text"))


def test_every_detail_is_packed() -> None:
    error = ServiceError(
        Reason.STORE_UNAVAILABLE,
        "the store is locked",
        violations=[Violation("title", "must not be empty", Reason.INVALID_FIELD)],
        resource=Resource("session", "session_1"),
        retry_after=1.25,
    )
    assert failure(error, "request-1") == Failure(
        code=grpc.StatusCode.UNAVAILABLE,
        message="the store is locked",
        reason="STORE_UNAVAILABLE",
        domain="everruns",
        request_id="request-1",
        violations=[("title", "INVALID_FIELD")],
        resource=("session", "session_1"),
        retry_after=1.25,
    )


@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.5, 1.0, 59.999])
def test_when_to_ask_again_is_told_to_the_millisecond(seconds: float) -> None:
    error = ServiceError(Reason.QUEUE_FULL, "text", retry_after=seconds)
    assert failure(error).retry_after == pytest.approx(seconds, abs=1e-6)


def test_what_there_is_not_is_not_packed() -> None:
    found = failure(ServiceError(Reason.INTERNAL, "text"))
    assert (found.violations, found.resource, found.retry_after) == ([], None, None)


def test_bad_fields_are_all_in_the_details_and_the_first_five_in_the_text() -> None:
    error = invalid([Violation(f"f{number}", "is bad", Reason.LIMIT_EXCEEDED) for number in range(7)])
    found = failure(error)
    assert found.reason == "LIMIT_EXCEEDED"
    assert [field for field, _ in found.violations] == [f"f{number}" for number in range(7)]
    assert found.message == "f0: is bad; f1: is bad; f2: is bad; f3: is bad; f4: is bad; and 2 more"


def test_a_violation_of_no_field_is_text_alone() -> None:
    assert invalid_field("", "the bytes are not a message").message == "the bytes are not a message"


@pytest.mark.parametrize(
    ("error", "resource"),
    [
        (session_not_found("session_1"), ("session", "session_1")),
        (agent_not_found("agent_1"), ("agent", "agent_1")),
        (agent_archived("agent_1"), ("agent", "agent_1")),
        (capability_not_found("noop"), ("capability", "noop")),
    ],
)
def test_an_error_about_a_resource_names_it(error: ServiceError, resource: tuple[str, str]) -> None:
    assert failure(error).resource == resource
    assert resource[1] in error.message
