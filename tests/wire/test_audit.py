"""Every rpc that changes what is recorded leaves an event, and no other does."""

from __future__ import annotations

import json
from typing import cast

import pytest
from google.protobuf import json_format

from tests.system.every_rpc import call_every_rpc
from tests.wire.harness.call import Call
from tests.wire.harness.clients import Clients
from tests.wire.harness.json_value import Json, JsonObject
from tests.wire.harness.outcome import Answer
from tests.wire.harness.rpc import METHODS, method

RECORDED = {
    *("CreateAgent", "ApplyAgent", "UpdateAgent", "CopyAgent", "ImportAgent", "DeleteAgent"),
    "RollbackAgent",
    *("UpdateSession", "DeleteSession", "UndeleteSession", "CreateKey", "RotateKey", "RevokeKey"),
}
NOT_RECORDED = {
    "CreateSession": "what sessions are for; each row says when it was made",
    "BatchCreateSessions": "the same",
    "PinSession": "a bookmark of one key",
    "UnpinSession": "the same",
    "CancelTurn": "a turn keeps its own history",
    "BeginTurn": "the same",
    "HeartbeatTurn": "the same",
    "EndTurn": "the same",
}
"""What changes something and leaves no event, and why."""

_READING = ("Get", "BatchGet", "List", "Preview", "Explain", "Compare", "Diff", "Export", "Watch")


def listed(clients: Clients, names: dict[str, Json], **query: str | int) -> list[JsonObject]:
    """The newest hundred events that REST answers."""
    call = Call("ListAuditEvents", query={"limit": 100, **query}, authorization="Bearer $keys.admin")
    answer = clients.rest.call(call.filled(names))
    assert isinstance(answer, Answer)
    return cast("list[JsonObject]", answer.content["data"])


def test_every_rpc_is_recorded_or_there_is_a_reason_why_not() -> None:
    changing = {name for name in METHODS if not name.startswith(_READING)}
    assert changing == RECORDED | NOT_RECORDED.keys()


def test_each_call_that_is_recorded_leaves_one_event(names: dict[str, Json], clients: Clients) -> None:
    keys = cast("dict[str, str]", names["keys"])
    metadata = (("authorization", f"Bearer {keys['admin']}"), ("x-request-id", "audit-1"))
    before = len(listed(clients, names))

    def ask(rpc: str, request: JsonObject) -> JsonObject:
        wanted = method(rpc)
        call = clients.grpc.channel.unary_unary(
            wanted.path, wanted.request.SerializeToString, wanted.response.FromString
        )
        if rpc == "GetModel":
            # The table of models is another server's.
            return {}
        message = json_format.ParseDict(cast("dict[str, object]", request), wanted.request())
        answered = call(message, metadata=metadata, timeout=20)
        return cast(JsonObject, json_format.MessageToDict(answered, preserving_proto_field_name=True))

    call_every_rpc(ask)
    made = listed(clients, names)
    made = made[: len(made) - before]
    assert sorted(str(event["method"]) for event in made) == sorted(RECORDED)
    assert {event["request_id"] for event in made} == {"audit-1"}
    assert all(event["changes"] and event["resource_id"] for event in made)
    assert {event["actor"] for event in made} == {"api_key"}
    assert keys["admin"] not in json.dumps(made)
    times = [str(event["created_at"]) for event in made]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("claimed", ["", "198.51.100.1"])
def test_from_where_a_call_came_is_told_through_the_gateway(
    claimed: str, names: dict[str, Json], clients: Clients
) -> None:
    agent = cast(JsonObject, names["agent"])
    keys = cast("dict[str, str]", names["keys"])
    changed = clients.rest.http.patch(
        f"/v1/agents/{agent['id']}",
        json={"description": f"from {claimed}"},
        headers={"Authorization": keys["owner"], **({"X-Forwarded-For": claimed} if claimed else {})},
    )
    assert changed.status_code == 200
    event = listed(clients, names, resource_id=str(agent["id"]))[0]
    assert str(event["peer"]).startswith("ipv4:127.0.0.1:")
    assert event["forwarded_for"] == ", ".join(filter(None, [claimed, "127.0.0.1"]))
    assert event["request_id"] == changed.headers["x-request-id"]
