"""Requests with very much wrong, or something very long: refused with a reason that reaches the client.

A status and its details are HTTP/2 headers, and clients of gRPC take no more than 8 KiB of them for sure.
"""

from __future__ import annotations

import pytest

from tests.wire.harness.call import Call, Client
from tests.wire.harness.json_value import Json, JsonObject
from tests.wire.harness.outcome import Failure


def _session(**fields: Json) -> Call:
    return Call("CreateSession", {"agent_id": "$agent.id", **fields})


def _config(config: JsonObject) -> Call:
    return _session(capabilities=[{"ref": "web_fetch", "config": config}])


CALLS = {
    "5000 empty tags": _session(tags=[""] * 5000),
    "90,000 empty tags": _session(tags=[""] * 90_000),
    "50 long tags": _session(tags=["x" * 5000] * 50),
    "100 unknown capabilities": _session(capabilities=[f"nope_{number}" for number in range(100)]),
    "100 long unknown capabilities": _session(capabilities=[f"{number:x>100}" for number in range(100)]),
    "100 capabilities whose ref is none": _session(capabilities=["?"] * 100),
    "5000 capabilities whose ref is none": _session(capabilities=["?"] * 5000),
    "250 unknown capabilities of an agent": Call(
        "ApplyAgent",
        {"name": "n", "system_prompt": "p", "capabilities": [f"nope_{number}" for number in range(250)]},
    ),
    "6000 unknown keys of a config": _config({f"{number:x}": 1 for number in range(6000)}),
    "1000 bad hosts": _config({"allowed_hosts": ["-"] * 1000}),
    "a long unknown key of a config": _config({"k" * 20_000: 1}),
    "a long unknown key of a config, all signs": _config({"😀" * 15_000: 1}),
    "a long text for a number": _config({"timeout_ms": "x" * 60_000}),
    "a long id": Call("GetSession", id="é" * 10_000),
    "a long agent id": Call("CreateSession", {"agent_id": "x" * 1_000_000}),
    "a long ref": _session(capabilities=["x" * 1_000_000]),
    "a long model id": _session(model_id=" " * 1_000_000),
    "a long page token": Call("ListSessions", query={"page_token": "x" * 8000}),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_the_reason_reaches_the_client(call: Call, names: dict[str, Json], client: Client) -> None:
    refused = client.call(call.filled(names))
    assert isinstance(refused, Failure)
    assert refused.status == ("INVALID_ARGUMENT" if client.transport == "grpc" else "400"), refused.message[
        :200
    ]
    assert refused.violations


def test_a_long_name_that_nobody_has(names: dict[str, Json], client: Client) -> None:
    refused = client.call(Call("CreateSession", {"agent_name": "é" * 1024}).filled(names))
    assert isinstance(refused, Failure)
    assert (refused.status, refused.reason) == (
        "NOT_FOUND" if client.transport == "grpc" else "404",
        "AGENT_NOT_FOUND",
    )


def test_a_long_name_that_is_taken(names: dict[str, Json], client: Client) -> None:
    for name in ("é" * 1024, "second"):
        second = client.call(Call("ApplyAgent", {"name": name, "system_prompt": "p"}).filled(names))
        assert not isinstance(second, Failure)
        names["second"] = second.body
    refused = client.call(Call("UpdateAgent", {"name": "é" * 1024}, "$second.id").filled(names))
    assert isinstance(refused, Failure)
    assert refused.reason == "AGENT_ALREADY_EXISTS"
