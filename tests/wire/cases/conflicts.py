"""Calls that the state of things stands against."""

from __future__ import annotations

from tests.wire.cases.case import Case, Refused
from tests.wire.harness.call import Call

_REUSED = Refused("ALREADY_EXISTS", "IDEMPOTENCY_KEY_REUSED")
_TAKEN = Refused("ALREADY_EXISTS", "AGENT_ALREADY_EXISTS")
_ARCHIVED = Refused("FAILED_PRECONDITION", "AGENT_ARCHIVED")
_GONE = {"gone": Call("DeleteAgent", id="$agent.id")}
_SECOND = {"second": Call("ApplyAgent", {"name": "second", "system_prompt": "p"})}
_TOO_LARGE = Refused("RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE")

CONFLICTS = (
    Case(
        "a session's idempotency key with another body",
        Call("CreateSession", {"agent_id": "$agent.id", "title": "two"}, key="k1"),
        _REUSED,
        {"first": Call("CreateSession", {"agent_id": "$agent.id", "title": "one"}, key="k1")},
    ),
    Case(
        "an agent's idempotency key with another body",
        Call("ApplyAgent", {"name": "second", "system_prompt": "p"}, key="k1"),
        _REUSED,
        {"first": Call("ApplyAgent", {"name": "first", "system_prompt": "p"}, key="k1")},
    ),
    Case(
        "a taken name",
        Call("CreateAgent", {"name": "plain", "system_prompt": "p"}),
        _TAKEN,
        over=("grpc", "cli"),
    ),
    Case(
        "a taken id",
        Call("CreateAgent", {"id": "$agent.id", "name": "third", "system_prompt": "p"}),
        _TAKEN,
        over=("grpc", "cli"),
    ),
    Case(
        "a taken name for another id",
        Call("ApplyAgent", {"name": "plain", "system_prompt": "p"}, "$second.id"),
        _TAKEN,
        _SECOND,
    ),
    Case("a change to a taken name", Call("UpdateAgent", {"name": "plain"}, "$second.id"), _TAKEN, _SECOND),
    Case(
        "a session of an archived agent", Call("CreateSession", {"agent_id": "$agent.id"}), _ARCHIVED, _GONE
    ),
    Case("a change of an archived agent", Call("UpdateAgent", {"name": "n"}, "$agent.id"), _ARCHIVED, _GONE),
    Case(
        "a request above 4 MiB",
        Call("ApplyAgent", {"name": "large", "system_prompt": "x" * (4 * 1024 * 1024)}),
        _TOO_LARGE,
    ),
    Case(
        "a request above 4 MiB in protobuf alone",
        Call(
            "CreateSession",
            {"agent_id": "$agent.id", "capabilities": [{"ref": "free_form", "config": {"n": [0] * 500_000}}]},
        ),
        _TOO_LARGE,
    ),
    Case(
        "a request above all that gRPC takes",
        Call(
            "CreateSession",
            {
                "agent_id": "$agent.id",
                "capabilities": [{"ref": "free_form", "config": {"n": [0] * 2_000_000}}],
            },
        ),
        _TOO_LARGE,
        over=("rest",),
    ),
)
"""Calls that come too late, twice, or too large."""
