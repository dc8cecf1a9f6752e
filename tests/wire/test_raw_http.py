"""Requests that only HTTP can make."""

from __future__ import annotations

import pytest

from tests.wire.cases.raw_http import JSON, RAW, TOLERATED, RawCase
from tests.wire.harness.call import Call
from tests.wire.harness.clients import Clients
from tests.wire.harness.json_value import Json, fill
from tests.wire.harness.outcome import Answer, Failure
from tests.wire.harness.rest_client import failure

BODIES = [
    case
    for case in RAW
    if case.request in ("POST /v1/sessions", "POST /v1/agents")
    and case.headers == JSON
    and case.status == 400
]
"""Those that are about the JSON alone."""


@pytest.mark.parametrize("case", RAW, ids=lambda case: case.name)
def test_a_request_is_refused(case: RawCase, names: dict[str, Json], clients: Clients) -> None:
    made = clients.rest.call(Call("CreateSession", {"agent_id": "$agent.id"}).filled(names))
    assert isinstance(made, Answer)
    names["made"] = made.body
    method, _, path = fill(case.request, names).partition(" ")
    headers = {"authorization": fill("Bearer $keys.owner", names), **case.headers}
    body = fill(case.body, names) if isinstance(case.body, str) else case.body
    response = clients.rest.http.request(method, path, headers=headers, content=body)
    refused = failure(response)
    assert (refused.status, refused.reason) == (str(case.status), case.code)
    assert [(violation.field, violation.reason) for violation in refused.violations] == case.violations
    assert case.hint in refused.message
    assert case.answer_headers.items() <= dict(response.headers).items()
    assert clients.rest.call(Call("GetSession", id="$made.id").filled(names)) == Answer(made.body)


@pytest.mark.parametrize("case", BODIES, ids=lambda case: case.name)
def test_a_body_is_refused_alike_by_the_command_line(
    case: RawCase, names: dict[str, Json], clients: Clients
) -> None:
    body = fill(case.body, names).encode() if isinstance(case.body, str) else case.body
    assert body is not None
    rpc = "CreateSession" if case.request.endswith("sessions") else "ApplyAgent"
    refused = clients.cli.send(Call(rpc).filled(names), body)
    assert isinstance(refused, Failure)
    assert (refused.status, refused.reason) == (str(case.status), case.code)
    assert [(violation.field, violation.reason) for violation in refused.violations] == case.violations
    assert case.hint in refused.message


@pytest.mark.parametrize("more", TOLERATED)
def test_a_body_may_have_what_loses_nothing(more: str, names: dict[str, Json], clients: Clients) -> None:
    body = fill(f'{{"agent_id": "$agent.id", {more}}}', names)
    response = clients.rest.send(Call("CreateSession").filled(names), body.encode())
    assert response.status_code == 201, response.text
    assert "harness_name" not in response.json()
    assert isinstance(clients.cli.send(Call("CreateSession").filled(names), body.encode()), Answer)


@pytest.mark.parametrize("path", ["/health"])
def test_what_needs_no_key(path: str, clients: Clients) -> None:
    response = clients.rest.http.get(path)
    assert response.status_code == 200
    assert response.content


def test_a_client_need_not_name_its_request(clients: Clients) -> None:
    first, second = (clients.rest.http.get("/v1/sessions") for _ in range(2))
    assert failure(first).reason == failure(second).reason == "API_KEY_MISSING"
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
