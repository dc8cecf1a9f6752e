"""Bytes that are no message, or one gone wrong, on every rpc: refused, and nothing is written."""

from __future__ import annotations

import random
from collections import Counter

import grpc
import pytest
from google.protobuf.message import DecodeError
from google.protobuf.timestamp_pb2 import Timestamp

from everruns.v1.session_service_pb2 import ListSessionsRequest
from tests.wire.harness.call import Call
from tests.wire.harness.clients import Clients
from tests.wire.harness.grpc_client import failure, metadata_of, request_of
from tests.wire.harness.json_value import Json
from tests.wire.harness.outcome import Answer, Failure
from tests.wire.harness.rpc import METHODS, method

_SPEC: dict[str, Json] = {
    "title": "title",
    "tags": ["a", "b"],
    "model_id": "m",
    "capabilities": [{"ref": "web_fetch", "config": {"timeout_ms": 1000, "allowed_hosts": ["a.example"]}}],
}
_NEVER = "agent_" + "0123456789abcdef" * 2
_FILTER: dict[str, Json] = {
    "agent_id": _NEVER,
    "limit": 5,
    "tags": ["a"],
    "search": "x",
    "created_after": "2026-01-31T12:00:00.5Z",
    "created_before": "9999-12-31T23:59:59.999999999Z",
    "pinned": True,
}
WRITES = (
    # No agent has this id, so that no change of a few bits makes a session.
    Call("CreateSession", {"agent_id": _NEVER, **_SPEC}, key="key"),
    Call("PreviewSession", {"agent_id": _NEVER, **_SPEC}),
    Call("UpdateSession", _SPEC, "session_" + "0123456789abcdef" * 2),
    Call("DeleteSession", id="session_" + "0123456789abcdef" * 2),
    Call("UpdateAgent", {"name": "n", "tags": ["a"]}, _NEVER),
    Call("PinSession", id="session_" + "0123456789abcdef" * 2),
    Call("UnpinSession", id="session_" + "0123456789abcdef" * 2),
    Call("ListSessions", query=_FILTER),
)
REFUSED = {"INVALID_ARGUMENT", "NOT_FOUND", "RESOURCE_EXHAUSTED"}
SEED = 20240229


def send(clients: Clients, rpc: str, data: bytes, names: dict[str, Json]) -> str:
    """The code with which a call ends whose request is these bytes; of one refused, also the reason."""
    call = Call(rpc, authorization="Bearer $keys.admin").filled(names)
    raw: grpc.UnaryUnaryMultiCallable[bytes, bytes] = clients.grpc.channel.unary_unary(method(rpc).path)
    try:
        raw(data, metadata=metadata_of(call, "r1"), timeout=20)
    except grpc.RpcError as error:
        ended = failure(error, "r1")
        assert ended.reason, ended
        return ended.status
    return "OK"


def counts(clients: Clients, names: dict[str, Json]) -> list[Json]:
    """How many sessions and agents the organization has."""
    answers = [clients.grpc.call(Call(rpc).filled(names)) for rpc in ("ListSessions", "ListAgents")]
    return [answer.content["total"] for answer in answers if isinstance(answer, Answer)]


def is_message(rpc: str, data: bytes) -> bool:
    """Whether the bytes are of the rpc's request."""
    try:
        method(rpc).request.FromString(data)
    except DecodeError:
        return False
    return True


@pytest.mark.parametrize("rpc", METHODS)
def test_bytes_that_are_no_message(rpc: str, names: dict[str, Json], clients: Clients) -> None:
    chance = random.Random(SEED)
    before = counts(clients, names)
    tries = [chance.randbytes(chance.randrange(1, 300)) for _ in range(40)]
    tries += [b"\xff" * 11, b"\x0a\xff\xff\xff\xff\x0f", b"\x0b" * 200, b"\x0a\x02\x08", b"\x0a\x01\xff"]
    no_message = [data for data in tries if not is_message(rpc, data)]
    assert len(no_message) > 20
    for data in no_message:
        assert send(clients, rpc, data, names) == "INVALID_ARGUMENT", data
    assert counts(clients, names) == before


@pytest.mark.parametrize("call", WRITES, ids=lambda call: call.rpc)
def test_messages_gone_wrong(call: Call, names: dict[str, Json], clients: Clients) -> None:
    chance = random.Random(SEED)
    before = counts(clients, names)
    data = request_of(call).SerializeToString()
    ends: Counter[str] = Counter()
    for _ in range(150):
        ends[send(clients, call.rpc, _mutated(data, chance), names)] += 1
    if call.rpc == "ListSessions":
        ends.pop("OK", None)
    assert set(ends) <= REFUSED, ends
    assert ends["INVALID_ARGUMENT"]
    assert counts(clients, names) == before


@pytest.mark.parametrize("rpc", ["CreateAgent", "ApplyAgent"])
def test_agents_are_only_made_by_calls_that_say_so(
    rpc: str, names: dict[str, Json], clients: Clients
) -> None:
    chance = random.Random(SEED)
    total = counts(clients, names)[1]
    assert isinstance(total, int)
    call = Call(rpc, {"name": "gone wrong", "system_prompt": "p", **_without_title()})
    data = request_of(call).SerializeToString()
    ends: Counter[str] = Counter()
    for _ in range(150):
        ends[send(clients, rpc, _mutated(data, chance), names)] += 1
        now = counts(clients, names)[1]
        assert isinstance(now, int)
        assert now - total <= ends["OK"]
    assert set(ends) <= {*REFUSED, "OK", "ALREADY_EXISTS"}, ends
    assert ends["INVALID_ARGUMENT"]


def _without_title() -> dict[str, Json]:
    return {"tags": _SPEC["tags"], "capabilities": _SPEC["capabilities"]}


def _mutated(data: bytes, chance: random.Random) -> bytes:
    """The bytes with a few of them changed, cut out, or put in."""
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 4)):
        where = chance.randrange(len(changed))
        match chance.randrange(4):
            case 0:
                changed[where] ^= 1 << chance.randrange(8)
            case 1:
                changed[where] = chance.randrange(256)
            case 2:
                del changed[where : where + chance.randrange(1, 5)]
            case _:
                changed[where:where] = chance.randbytes(chance.randrange(1, 5))
        changed = changed or bytearray(b"\x00")
    return bytes(changed)


@pytest.mark.parametrize("time", [(2**63 - 1, 0), (-(2**63), 0), (0, -1), (0, 10**9), (253_402_300_800, 0)])
@pytest.mark.parametrize("field", ["created_after", "created_before"])
def test_a_time_of_no_year_is_refused_by_name(
    field: str, time: tuple[int, int], names: dict[str, Json], clients: Clients
) -> None:
    request = ListSessionsRequest()
    getattr(request, field).MergeFrom(Timestamp(seconds=time[0], nanos=time[1]))
    outcome = clients.grpc.send(Call("ListSessions").filled(names), request)
    assert isinstance(outcome, Failure)
    assert (outcome.status, outcome.reason) == ("INVALID_ARGUMENT", "INVALID_FIELD")
    assert [violation.field for violation in outcome.violations] == [field]
