from __future__ import annotations

import grpc
import pytest

from everruns.v1.error_reason_pb2 import ErrorReason
from gateway.reasons import STATUS_OF_CODE, STATUS_OF_REASON


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("INVALID_FIELD", 400),
        ("UNKNOWN_CAPABILITY", 400),
        ("AGENT_ARCHIVED", 400),
        ("API_KEY_MISSING", 401),
        ("SCOPE_MISSING", 403),
        ("SESSION_NOT_FOUND", 404),
        ("ROUTE_NOT_FOUND", 404),
        ("METHOD_NOT_ALLOWED", 405),
        ("IDEMPOTENCY_KEY_REUSED", 409),
        ("CONCURRENT_CHANGE", 409),
        ("MESSAGE_TOO_LARGE", 413),
        ("UNSUPPORTED_MEDIA_TYPE", 415),
        ("QUEUE_FULL", 429),
        ("INTERNAL", 500),
        ("STORE_UNAVAILABLE", 503),
        ("DEADLINE_EXCEEDED", 504),
    ],
)
def test_a_reason_has_the_status_of_its_code_or_its_own(reason: str, status: int) -> None:
    assert STATUS_OF_REASON[reason] == status


def test_every_reason_for_which_a_call_ends_has_a_status() -> None:
    assert set(ErrorReason.keys()) - set(STATUS_OF_REASON) == {
        "ERROR_REASON_UNSPECIFIED",
        "CAPABILITY_DEPRECATED",
        "EXCLUSION_WITHOUT_EFFECT",
    }
    assert all(status >= 400 for status in STATUS_OF_REASON.values())


def test_every_grpc_code_has_a_status() -> None:
    assert set(STATUS_OF_CODE) == set(grpc.StatusCode)
