"""The body of an answer that is an error."""

from __future__ import annotations

import httpx


def problem(answer: httpx.Response, code: str, http_status: int) -> list[tuple[str, str]]:
    """Checks that the answer is this problem, and returns its violations."""
    assert answer.status_code == http_status
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["code"] == code
    assert document["status"] == http_status
    assert document["type"] == f"urn:everruns:error:{code}"
    assert document["request_id"] == answer.headers["x-request-id"]
    assert document["error"] == document["detail"] != ""
    return [(found["field"], found["reason"]) for found in document["field_violations"]]
