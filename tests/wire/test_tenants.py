"""What another organization has is not there: the answers are equal to the byte."""

from __future__ import annotations

import re
from typing import cast

import grpc
import pytest
from google.protobuf.message import Message

from tests.wire.harness.call import Call
from tests.wire.harness.clients import Clients
from tests.wire.harness.grpc_client import metadata_of, request_of
from tests.wire.harness.json_value import Json
from tests.wire.harness.outcome import Answer
from tests.wire.harness.rpc import method

NEVER = "session_" + "0123456789abcdef" * 2, "agent_" + "fedcba9876543210" * 2
CALLS = (
    Call("GetSession", id="$id"),
    Call("GetRuntimeAgent", id="$id"),
    Call("ExplainSession", id="$id"),
    Call("CompareSessions", query={"a": "$id", "b": "$id"}),
    Call("UpdateSession", {"title": "t"}, "$id"),
    Call("UpdateSession", {"capabilities": ["nope"]}, "$id"),
    Call("UpdateSession", {}, "$id"),
    Call("DeleteSession", id="$id"),
    Call("GetAgent", id="$agent_id"),
    Call("UpdateAgent", {"name": "n"}, "$agent_id"),
    Call("UpdateAgent", {}, "$agent_id"),
    Call("DeleteAgent", id="$agent_id"),
    Call("CreateSession", {"agent_id": "$agent_id"}),
    Call("CreateSession", {"agent_id": "$agent_id", "capabilities": ["nope"]}),
    Call("PreviewSession", {"agent_id": "$agent_id"}),
    Call("ListSessions", query={"agent_id": "$agent_id"}),
)


@pytest.fixture
def theirs(clients: Clients, names: dict[str, Json]) -> tuple[str, str]:
    """Ids of a session and of an agent of another organization."""
    create = Call("CreateSession", {"agent_id": "$other.agent.id"}, authorization="$other.keys.owner")
    made = clients.grpc.call(create.filled(names))
    assert isinstance(made, Answer)
    return str(made.content["id"]), str(made.content["agent_id"])


def over_grpc(clients: Clients, call: Call) -> str:
    """All that a client sees of the end of a call."""
    rpc = method(call.rpc)
    raw: grpc.UnaryUnaryMultiCallable[Message, bytes] = clients.grpc.channel.unary_unary(
        rpc.path, request_serializer=rpc.request.SerializeToString
    )
    try:
        return repr(raw(request_of(call), metadata=metadata_of(call, "r1"), timeout=call.timeout))
    except grpc.RpcError as error:
        ended = cast(grpc.Call, error)
        return repr((ended.code(), ended.details(), ended.initial_metadata(), ended.trailing_metadata()))


def over_rest(clients: Clients, call: Call) -> str:
    """The answer without its date and the request's id, which the client chose anew."""
    response = clients.rest.send(call)
    headers = {k: v for k, v in response.headers.items() if k != "date"}
    seen = repr((response.status_code, headers, response.content))
    return seen.replace(response.request.headers["x-request-id"], "r1")


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.rpc} {call.body}")
def test_anothers_is_as_what_never_was(
    call: Call, theirs: tuple[str, str], names: dict[str, Json], clients: Clients
) -> None:
    others = call.filled({**names, "id": theirs[0], "agent_id": theirs[1]})
    never = call.filled({**names, "id": NEVER[0], "agent_id": NEVER[1]})
    for see in (over_grpc, over_rest):
        seen, expected = see(clients, others), see(clients, never)
        assert seen.replace(theirs[0], NEVER[0]).replace(theirs[1], NEVER[1]) == expected
        # The request's id stands at its place in both, so what is equal is not empty.
        assert re.search("r1|ListSessions", seen) or call.rpc == "ListSessions"
