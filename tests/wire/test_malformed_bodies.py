"""Bodies that are wrong: refused with a reason, never a failure of the service, and nothing is written."""

from __future__ import annotations

import httpx
import orjson
import pytest

from tests.wire.harness.call import Call
from tests.wire.harness.clients import Clients
from tests.wire.harness.json_value import Json, JsonObject
from tests.wire.harness.malformed import malformed_bodies
from tests.wire.harness.outcome import Answer, Failure
from tests.wire.harness.rest_client import failure

_UPDATE: JsonObject = {
    "title": "t",
    "tags": ["a", "b"],
    "model_id": "m",
    "capabilities": [{"ref": "web_fetch", "config": {"timeout_ms": 1000}}],
}
_CREATE: JsonObject = {"agent_id": "$agent.id", **_UPDATE}
_APPLY: JsonObject = {
    "name": "new",
    "system_prompt": "p",
    "tags": ["a"],
    "max_iterations": 5,
    "capabilities": ["noop"],
}

ENDPOINTS = (
    Call("CreateSession", _CREATE),
    Call("UpdateSession", _UPDATE, "$made.id"),
    Call("ApplyAgent", _APPLY),
)


def state(clients: Clients, names: dict[str, Json]) -> list[JsonObject | None]:
    """Everything that the organization has."""
    answers = [clients.rest.call(Call(rpc).filled(names)) for rpc in ("ListSessions", "ListAgents")]
    return [answer.body if isinstance(answer, Answer) else None for answer in answers]


@pytest.mark.parametrize("call", ENDPOINTS, ids=lambda call: call.rpc)
def test_malformed_bodies_are_refused(call: Call, names: dict[str, Json], clients: Clients) -> None:
    made = clients.rest.call(Call("CreateSession", {"agent_id": "$agent.id"}).filled(names))
    assert isinstance(made, Answer)
    names["made"] = made.body
    call = call.filled(names)
    assert call.body is not None
    before = state(clients, names)
    bodies = list(malformed_bodies(call.body))
    assert len(bodies) > 150
    wrong: list[tuple[bytes, int | str]] = []
    for body in bodies:
        # A change names in the same object what to change, and these do not.
        if call.rpc != "UpdateSession":
            typed = clients.cli.send(call, body)
            if not isinstance(typed, Failure) or not typed.status.startswith("4"):
                wrong.append((body[:120], repr(typed)))
        try:
            response = clients.rest.send(call, body)
        except httpx.HTTPError as error:
            wrong.append((body[:120], repr(error)))
            continue
        if not 400 <= response.status_code < 500:
            wrong.append((body[:120], response.status_code))
            continue
        refused = failure(response)
        assert refused.reason
    assert wrong == []
    assert state(clients, names) == before
    # What was made wrong is right in itself.
    assert isinstance(clients.rest.call(call), Answer)


def test_an_answer_is_never_much_larger_than_its_request(names: dict[str, Json], clients: Clients) -> None:
    many = orjson.dumps({f"unknown_{number}": number for number in range(50_000)})
    refused = failure(clients.rest.send(Call("CreateSession").filled(names), many))
    assert isinstance(refused, Failure)
    assert refused.reason == "UNKNOWN_FIELD"
    assert 1 < len(refused.violations) < 1000
