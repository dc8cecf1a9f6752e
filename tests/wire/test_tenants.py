"""What another organization has is not there: the answers are equal to the byte."""

from __future__ import annotations

from typing import cast

import grpc
import pytest
from google.protobuf.message import Message

from tests.wire.harness.call import Call
from tests.wire.harness.clients import Clients
from tests.wire.harness.grpc_client import metadata_of, request_of
from tests.wire.harness.json_value import Json, JsonObject
from tests.wire.harness.outcome import Answer
from tests.wire.harness.rpc import METHODS, REST, method

NEVER = (
    "session_" + "0123456789abcdef" * 2,
    "agent_" + "fedcba9876543210" * 2,
    "key_" + "0011223344556677" * 2,
    "turn_" + "7766554433221100" * 2,
)
PLACEHOLDERS = ("id", "agent_id", "key_id", "turn_id")
ADMIN = "Bearer $keys.admin"
HELD: JsonObject = {"session_id": "$id", "fencing_token": 1}
CALLS = (
    Call("GetSession", id="$id"),
    Call("GetRuntimeAgent", id="$id"),
    Call("ExplainSession", id="$id"),
    Call("CompareSessions", query={"a": "$id", "b": "$id"}),
    Call("GetSessionDrift", id="$id"),
    Call("UpdateSession", {"title": "t"}, "$id"),
    Call("UpdateSession", {"agent_binding": "pinned"}, "$id"),
    Call("UpdateSession", {"pinned_agent_version": 1}, "$id"),
    Call("UpdateSession", {"capabilities": ["nope"]}, "$id"),
    Call("UpdateSession", {}, "$id"),
    Call("DeleteSession", id="$id"),
    Call("PinSession", id="$id"),
    Call("UnpinSession", id="$id"),
    Call("GetSessionStats", query={"agent_id": "$agent_id"}),
    Call("WatchSessions", query={"session_ids": ["$id"]}),
    Call("WatchSessions", query={"agent_id": "$agent_id"}),
    Call("CancelTurn", id="$id"),
    Call("UndeleteSession", id="$id"),
    Call("BatchGetSessions", query={"ids": ["$id"]}),
    Call("BatchCreateSessions", {"requests": [{"agent_id": "$agent_id"}]}),
    Call("BeginTurn", query={"session_id": "$id", "worker": "w"}),
    Call("HeartbeatTurn", id="$turn_id", query=HELD),
    Call("EndTurn", id="$turn_id", query={**HELD, "outcome": "TURN_OUTCOME_COMPLETED"}),
    Call("GetTurn", id="$turn_id", query={"session_id": "$id"}),
    Call("ListTurns", query={"session_id": "$id"}),
    Call("GetAgent", id="$agent_id"),
    Call("UpdateAgent", {"name": "n"}, "$agent_id"),
    Call("UpdateAgent", {}, "$agent_id"),
    Call("UpdateAgent", {"description": "d"}, "$agent_id", query={"validate_only": True}),
    Call("PreviewAgentUpdate", {"description": "d"}, "$agent_id"),
    Call("ListAgentVersions", query={"agent_id": "$agent_id"}),
    Call("GetAgentVersion", query={"agent_id": "$agent_id", "version": 1}),
    Call("DiffAgentVersions", query={"agent_id": "$agent_id", "from": 1, "to": 2}),
    Call("RollbackAgent", query={"agent_id": "$agent_id", "version": 1}),
    Call("DeleteAgent", id="$agent_id"),
    Call("CopyAgent", id="$agent_id"),
    Call("ExportAgent", id="$agent_id"),
    Call("CreateSession", {"agent_id": "$agent_id"}),
    Call("CreateSession", {"agent_id": "$agent_id", "capabilities": ["nope"]}),
    Call("CreateSession", {"agent_id": "$agent_id", "pinned_agent_version": 1}),
    Call("PreviewSession", {"agent_id": "$agent_id"}),
    Call("PreviewSession", {"agent_id": "$agent_id", "pinned_agent_version": 1}),
    Call("ListSessions", query={"agent_id": "$agent_id"}),
    Call("GetKey", id="$key_id", authorization=ADMIN),
    Call("RotateKey", id="$key_id", authorization=ADMIN),
    Call("RevokeKey", id="$key_id", authorization=ADMIN),
    Call("ListAuditEvents", query={"key_id": "$key_id"}, authorization=ADMIN),
    Call("ListAuditEvents", query={"resource_id": "$agent_id"}, authorization=ADMIN),
)
NAMES_NOTHING = {
    "CreateAgent": "an id or a name of another organization is free in this one; tested below",
    "ApplyAgent": "the same",
    "ImportAgent": "the same",
    "PreviewAgent": "the same",
    "ListAgents": "is told no id; tested below",
    "ListKeys": "the same",
    "ListCapabilities": "the catalog is of no organization",
    "GetCapability": "the same",
    "ListModels": "the table is of no organization",
    "GetModel": "the same",
    "CreateKey": "is told no id",
}
"""The rpcs that cannot be asked for what another organization has, and why."""


@pytest.fixture
def theirs(clients: Clients, names: dict[str, Json]) -> tuple[str, ...]:
    """Ids of a session, of an agent, of a key and of a turn of another organization."""
    create = Call("CreateSession", {"agent_id": "$other.agent.id"}, authorization="$other.keys.owner")
    made = clients.grpc.call(create.filled(names))
    assert isinstance(made, Answer)
    listed = clients.grpc.call(Call("ListKeys", authorization="$other.keys.admin").filled(names))
    assert isinstance(listed, Answer)
    [admin] = [key for key in cast("list[JsonObject]", listed.content["data"]) if key["name"] == "admin"]
    begin: JsonObject = {"session_id": made.content["id"], "worker": "w"}
    begun = clients.grpc.call(Call("BeginTurn", query=begin, authorization="$other.keys.owner").filled(names))
    assert isinstance(begun, Answer)
    turn = cast(JsonObject, begun.content["turn"])
    return str(made.content["id"]), str(made.content["agent_id"]), str(admin["id"]), str(turn["id"])


def over_grpc(clients: Clients, call: Call) -> str:
    """All that a client sees of the end of a call."""
    rpc = method(call.rpc)
    channel, serialize = clients.grpc.channel, rpc.request.SerializeToString
    metadata = metadata_of(call, "r1")
    try:
        if METHODS[call.rpc].server_streaming:
            begin: grpc.UnaryStreamMultiCallable[Message, bytes] = channel.unary_stream(rpc.path, serialize)
            stream = begin(request_of(call), metadata=metadata, timeout=call.timeout)
            first = next(stream)
            stream.cancel()
            return repr(first)
        raw: grpc.UnaryUnaryMultiCallable[Message, bytes] = channel.unary_unary(rpc.path, serialize)
        return repr(raw(request_of(call), metadata=metadata, timeout=call.timeout))
    except grpc.RpcError as error:
        ended = cast(grpc.Call, error)
        return repr((ended.code(), ended.details(), ended.initial_metadata(), ended.trailing_metadata()))


def over_rest(clients: Clients, call: Call) -> str:
    """The answer without its date and the request's id, which the client chose anew."""
    response = clients.rest.send(call)
    headers = {k: v for k, v in response.headers.items() if k != "date"}
    seen = repr((response.status_code, headers, response.content))
    return seen.replace(response.request.headers["x-request-id"], "r1")


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.rpc} {call.body or call.query}")
def test_anothers_is_as_what_never_was(
    call: Call, theirs: tuple[str, ...], names: dict[str, Json], clients: Clients
) -> None:
    others = call.filled({**names, **dict(zip(PLACEHOLDERS, theirs, strict=True))})
    never = call.filled({**names, **dict(zip(PLACEHOLDERS, NEVER, strict=True))})
    for see in (over_grpc, over_rest) if call.rpc in REST else (over_grpc,):
        seen, expected = see(clients, others), see(clients, never)
        for their, none in zip(theirs, NEVER, strict=True):
            seen = seen.replace(their, none)
        assert seen == expected
        # The request's id stands at its place in both, so what is equal is not empty.
        finds_nothing = ("ListSessions", "GetSessionStats", "ListAuditEvents", "WatchSessions")
        assert "r1" in seen or call.rpc in finds_nothing


def test_every_rpc_is_tried() -> None:
    assert {call.rpc for call in CALLS} | NAMES_NOTHING.keys() == METHODS.keys()
    assert not {call.rpc for call in CALLS} & NAMES_NOTHING.keys()


def test_a_watcher_is_not_told_of_anothers_sessions(
    theirs: tuple[str, ...], names: dict[str, Json], clients: Clients
) -> None:
    mark = clients.grpc.call(Call("WatchSessions").filled(names))
    title: JsonObject = {"title": "theirs"}
    others = clients.grpc.call(
        Call("UpdateSession", title, theirs[0], authorization="$other.keys.owner").filled(names)
    )
    made = clients.grpc.call(Call("CreateSession", {"agent_id": "$agent.id"}).filled(names))
    assert isinstance(others, Answer)
    assert isinstance(made, Answer)
    assert isinstance(mark, Answer)
    resumed: JsonObject = {"resume_token": "$mark.messages.0.resume_token"}
    of_both: JsonObject = {**resumed, "session_ids": [theirs[0], str(made.content["id"])]}
    for query in (resumed, of_both):
        call = Call("WatchSessions", query=query).filled({**names, "mark": mark.body})
        watched = clients.grpc.call(call)
        assert isinstance(watched, Answer)
        _, told = cast("list[JsonObject]", watched.content["messages"])
        assert cast(JsonObject, told["session"])["id"] == made.content["id"]


def all_of(clients: Clients, names: dict[str, Json]) -> list[Json]:
    """All that an organization has, as its administrator sees it, without when keys were used."""
    queries: dict[str, JsonObject] = {
        "ListAgents": {"include_archived": True},
        "ListKeys": {"include_revoked": True},
    }
    found: list[Json] = []
    for rpc in ("ListSessions", "ListAgents", "ListKeys", "ListAuditEvents"):
        listed = clients.grpc.call(Call(rpc, query=queries.get(rpc, {}), authorization=ADMIN).filled(names))
        assert isinstance(listed, Answer)
        for item in cast("list[JsonObject]", listed.content["data"]):
            found.append({key: value for key, value in item.items() if key != "last_used_at"})
    return found


def test_nothing_crosses(theirs: tuple[str, ...], names: dict[str, Json], clients: Clients) -> None:
    other = cast("dict[str, Json]", names["other"])
    before, mine = all_of(clients, other), all_of(clients, names)
    for transport in (clients.grpc, clients.rest, clients.cli):
        for call in CALLS:
            if call.rpc in REST or transport is not clients.rest:
                transport.call(call.filled({**names, **dict(zip(PLACEHOLDERS, theirs, strict=True))}))
        # An agent of the same id and name is another one.
        body: JsonObject = {"id": theirs[1], "name": "plain copy", "system_prompt": "mine"}
        applied = transport.call(Call("ApplyAgent", body).filled(names))
        assert isinstance(applied, Answer)
        assert applied.content["organization_id"] == names["org"]
    assert all_of(clients, other) == before
    theirs_in_mine = [item for item in all_of(clients, names) if str(other["org"]) in repr(item)]
    assert theirs_in_mine == []
    assert [item for item in mine if item not in all_of(clients, names)] == []
