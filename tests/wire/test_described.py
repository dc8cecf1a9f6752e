"""The OpenAPI document against the cases: what it accepts is accepted, and its examples work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import httpx
import pytest

from tests.wire.cases.case import Answered, Case, Refused
from tests.wire.cases.every import CASES
from tests.wire.harness.call import Call
from tests.wire.harness.clients import Clients
from tests.wire.harness.described import DOCUMENT, body_errors, undescribed
from tests.wire.harness.json_value import Json, JsonObject
from tests.wire.harness.outcome import Answer
from tests.wire.harness.rpc import REST
from tests.wire.test_cases import made

AGENT_ID = "agent_0123456789abcdef0123456789abcdef"
SEED = Call("ApplyAgent", {"id": AGENT_ID, "name": "research-assistant", "system_prompt": "Research."})
"""What a new installation has, as far as examples need it."""

_OF_FORM = {
    "IMMUTABLE_FIELD",
    "INVALID_FIELD",
    "INVALID_ID",
    "NUMBER_NOT_REPRESENTABLE",
    "OUTPUT_ONLY_FIELD",
    "REQUIRED_FIELD_MISSING",
    "UNKNOWN_FIELD",
    "UNSUPPORTED_FIELD",
}
"""The reasons that a schema can tell. A limit may be one in bytes, or of levels, which it cannot."""

_NOT_OF_FORM = {"Idempotency-Key", "id", "expires_at", "ttl_seconds", "requests[0].agent_id"}
"""Fields that are not in the body, and one that is refused for when that is."""


def with_bodies(kind: type[Answered | Refused]) -> list[Case]:
    """The cases of REST that have a body."""
    return [
        case
        for case in CASES
        if isinstance(case.expected, kind) and case.call.body is not None and "rest" in case.over
    ]


def form(call: Call) -> tuple[str, str]:
    """Method and path of a call, as the document has them."""
    return ("PUT", "/v1/agents/{id}") if call.rpc == "ApplyAgent" and call.id else REST[call.rpc]


@pytest.mark.parametrize("case", with_bodies(Answered), ids=lambda case: case.name)
def test_a_body_that_is_accepted_is_valid(case: Case, names: dict[str, Json], clients: Clients) -> None:
    names = made(case, names, clients, "grpc")
    assert body_errors(*form(case.call), case.call.filled(names).body) == []


@pytest.mark.parametrize(
    "case",
    [
        case
        for case in with_bodies(Refused)
        if isinstance(case.expected, Refused)
        and case.expected.reason in _OF_FORM
        and not {field for field, _ in case.expected.violations("rest")} & _NOT_OF_FORM
    ],
    ids=lambda case: case.name,
)
def test_a_body_that_is_refused_for_its_form_is_not_valid(
    case: Case, names: dict[str, Json], clients: Clients
) -> None:
    names = made(case, names, clients, "grpc")
    assert body_errors(*form(case.call), case.call.filled(names).body) != []


def examples() -> Iterator[tuple[str, str, JsonObject, JsonObject | None]]:
    """Method, path, path and query parameters, and body of each example of the document."""
    for path, item in cast("dict[str, dict[str, JsonObject]]", DOCUMENT["paths"]).items():
        for method, operation in item.items():
            parameters = cast("list[JsonObject]", operation.get("parameters", []))
            shown = {str(p["name"]): p["example"] for p in parameters if "example" in p}
            if shown:
                yield method, path, shown, None
            body = cast("dict[str, dict[str, JsonObject]]", operation.get("requestBody", {}))
            for content in cast("dict[str, dict[str, JsonObject]]", body.get("content", {})).values():
                for example in cast("dict[str, JsonObject]", content.get("examples", {})).values():
                    yield method, path, shown, cast(JsonObject, example["value"])


@pytest.mark.parametrize(("method", "path", "shown", "body"), list(examples()))
def test_an_example_works(
    method: str,
    path: str,
    shown: JsonObject,
    body: JsonObject | None,
    clients: Clients,
    names: dict[str, Json],
) -> None:
    assert isinstance(clients.grpc.call(SEED.filled(names)), Answer)
    session = clients.grpc.call(Call("CreateSession", {"agent_id": AGENT_ID}).filled(names))
    assert isinstance(session, Answer)
    ids = {"sessions": session.content["id"], "agents": AGENT_ID}
    in_path = {"id": ids.get(path.split("/")[2]), **shown}
    keys = cast("dict[str, str]", names["keys"])
    answer: httpx.Response = clients.rest.http.request(
        method,
        path.format(**in_path),
        headers={"authorization": f"Bearer {keys['owner']}"},
        params={name: str(value) for name, value in shown.items() if f"{{{name}}}" not in path},
        json=body,
    )
    assert answer.status_code in (200, 201), answer.text
    assert undescribed(answer) == []


def test_what_is_not_described_is_told(clients: Clients, names: dict[str, Json]) -> None:
    answer = clients.rest.send(Call("GetAgent", id="$agent.id").filled(names))
    assert undescribed(answer) == []
    body = answer.json()
    more, less = {**body, "more": 1}, {key: value for key, value in body.items() if key != "tags"}
    for changed in (more, less, {**body, "status": "gone"}, {**body, "name": None}):
        other = httpx.Response(200, json=changed, headers={"x-request-id": "r"}, request=answer.request)
        assert len(undescribed(other)) == 1
    assert undescribed(httpx.Response(418, request=answer.request)) == ["GetAgent never answers 418"]
    bare = httpx.Response(
        200, content=answer.content, headers={"content-type": "text/plain"}, request=answer.request
    )
    assert len(undescribed(bare)) == 2
