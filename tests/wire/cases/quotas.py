"""What an organization may have, on a server whose operator allows little: see LIMITS."""

from __future__ import annotations

from tests.wire.cases.case import Answered, Case, Refused
from tests.wire.harness.call import Call
from tests.wire.harness.json_value import JsonObject

LIMITS = {
    "EVERRUNS_MOST_AGENTS": "2",
    # Those that every organization of a test has, and one.
    "EVERRUNS_MOST_KEYS": "7",
    "EVERRUNS_MOST_SESSIONS": "1",
    "EVERRUNS_KEY_RATE": "1",
    "EVERRUNS_KEY_BURST": "30",
}
"""The settings of the server."""

_FULL = Refused("FAILED_PRECONDITION", "QUOTA_EXCEEDED")
_AGENT = Call("ApplyAgent", {"name": "second", "system_prompt": "p"})
_THIRD: JsonObject = {"name": "third", "system_prompt": "p"}
_SESSION = Call("CreateSession", {"agent_id": "$agent.id"})
_KEY = Call("CreateKey", {"name": "ci", "scopes": ["read"]}, authorization="Bearer $keys.admin")
_SECOND = {"second": _AGENT}

QUOTAS = (
    Case("as many agents as there may be", _AGENT, Answered(created=True)),
    Case("one agent too many", Call("CreateAgent", _THIRD), _FULL, _SECOND, over=("grpc",)),
    Case("one applied agent too many", Call("ApplyAgent", _THIRD), _FULL, _SECOND),
    Case("one copy too many", Call("CopyAgent", id="$agent.id"), _FULL, _SECOND),
    Case("one import too many", Call("ImportAgent", document=b"---\nname: third\n---\np"), _FULL, _SECOND),
    Case(
        "an agent in the place of one that is gone",
        Call("ApplyAgent", _THIRD),
        Answered(created=True),
        {
            **_SECOND,
            "gone": Call("DeleteAgent", id="$second.id"),
        },
    ),
    Case(
        "an agent that comes back where there is no room",
        Call("ApplyAgent", _THIRD, "$third.id"),
        _FULL,
        {
            "third": Call("ApplyAgent", _THIRD),
            "gone": Call("DeleteAgent", id="$third.id"),
            **_SECOND,
        },
    ),
    Case(
        "a change of an agent where there is no room",
        Call("ApplyAgent", {"name": "second", "system_prompt": "q"}),
        Answered(),
        _SECOND,
    ),
    Case("one session too many", _SESSION, _FULL, {"first": _SESSION}),
    Case(
        "a session in the place of one that is gone",
        _SESSION,
        Answered(created=True),
        {
            "first": _SESSION,
            "gone": Call("DeleteSession", id="$first.id"),
        },
    ),
    Case("one key too many", _KEY, _FULL, {"first": _KEY}),
    Case(
        "a key in the place of one that is revoked",
        _KEY,
        Answered(created=True),
        {
            "first": _KEY,
            "gone": Call("RevokeKey", id="$first.key.id", authorization="Bearer $keys.admin"),
        },
    ),
)
"""Cases of that server."""
