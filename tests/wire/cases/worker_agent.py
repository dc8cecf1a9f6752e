"""The agent that cases of versions are about: "worker", which has a second version in some."""

from __future__ import annotations

from tests.wire.cases.case import Refused
from tests.wire.harness.call import Call
from tests.wire.harness.json_value import Json, JsonObject

NEVER = "agent_" + "0" * 32
NO_AGENT = Refused("NOT_FOUND", "AGENT_NOT_FOUND")
NO_VERSION = Refused("NOT_FOUND", "AGENT_VERSION_NOT_FOUND")
NO_SESSION = Refused("NOT_FOUND", "SESSION_NOT_FOUND")
ARCHIVED = Refused("FAILED_PRECONDITION", "AGENT_ARCHIVED")
SCOPE = Refused("PERMISSION_DENIED", "SCOPE_MISSING")
MADE = Call(
    "ApplyAgent",
    {
        "name": "worker",
        "system_prompt": "Work.",
        "capabilities": [{"ref": "web_fetch", "config": {"timeout_ms": 5}}, "session_storage"],
    },
)


def update_worker(query: JsonObject | None = None, **fields: Json) -> Call:
    return Call("UpdateAgent", fields, "$worker.id", query=query or {})


def of_worker(rpc: str, **query: Json) -> Call:
    return Call(rpc, query={"agent_id": "$worker.id", **query})


SECOND = update_worker(
    system_prompt="Work well.", capabilities=[{"ref": "web_fetch", "config": {"timeout_ms": 6}}, "noop"]
)
TWO = {"worker": MADE, "second": SECOND}
ARCHIVE = Call("DeleteAgent", id="$worker.id")
BACK = of_worker("RollbackAgent", version=1)
DIFFERENCES: JsonObject = {
    "agent_id": "$worker.id",
    "from": 1,
    "to": 2,
    "changes": [
        {
            "path": "/capabilities",
            "old_value": ["web_fetch", "session_storage"],
            "new_value": ["web_fetch", "noop"],
        },
        {"path": "/capabilities/web_fetch/config/timeout_ms", "old_value": 5, "new_value": 6},
        {"path": "/system_prompt", "old_value": "Work.", "new_value": "Work well."},
    ],
}
"""What its second version has otherwise than its first."""

SESSION: JsonObject = {"agent_id": "$worker.id"}
FOLLOWING = {"worker": MADE, "made": Call("CreateSession", SESSION)}
PINNED = {"worker": MADE, "made": Call("CreateSession", {**SESSION, "agent_binding": "pinned"})}


def rebind(**fields: Json) -> Call:
    return Call("UpdateSession", fields, "$made.id")
