"""What has drifted since a session was created."""

from __future__ import annotations

from dataclasses import replace

from tests.wire.cases.case import Answered, Case, bad
from tests.wire.cases.worker_agent import (
    BACK,
    DIFFERENCES,
    FOLLOWING,
    NO_SESSION,
    PINNED,
    SECOND,
    rebind,
    update_worker,
)
from tests.wire.harness.call import Call
from tests.wire.harness.json_value import JsonObject

_DRIFT = Call("GetSessionDrift", id="$made.id")
_NOTHING: JsonObject = {
    "session_id": "$made.id",
    "agent_id": "$worker.id",
    "created_agent_version": 1,
    "server_recorded": True,
    "sources": [],
    "agent_changes": [],
    "changed_capabilities": [],
    "differences": {
        "a": {"session_id": "$made.id"},
        "capabilities": [],
        "config": [],
        "tools": [],
        "features": [],
        "prompt": [],
        "model": None,
        "max_iterations": None,
        "problems": [],
    },
}
DRIFTS = (
    Case(
        "no drift",
        _DRIFT,
        Answered({**_NOTHING, "current_agent_version": 1, "latest_agent_version": 1}),
        FOLLOWING,
    ),
    Case(
        "no drift by what nothing runs with",
        _DRIFT,
        Answered({**_NOTHING, "current_agent_version": 2, "latest_agent_version": 2}),
        {**FOLLOWING, "then": update_worker(description="d", tags=["t"])},
    ),
    Case(
        "no drift where the session wins",
        _DRIFT,
        Answered({**_NOTHING, "current_agent_version": 2}),
        {
            **FOLLOWING,
            "mine": rebind(model_id="m"),
            "then": update_worker(default_model_id="n", description="d"),
        },
    ),
    Case(
        "no drift by a change of the session itself",
        _DRIFT,
        Answered(_NOTHING),
        {**FOLLOWING, "mine": rebind(capabilities=["noop"])},
    ),
    Case(
        "drift by a change of the agent",
        _DRIFT,
        Answered(
            {
                "created_agent_version": 1,
                "current_agent_version": 2,
                "latest_agent_version": 2,
                "agent_binding": "latest",
                "sources": ["agent"],
                "agent_changes": DIFFERENCES["changes"],
                "changed_capabilities": [],
                "differences": {
                    "capabilities": [
                        {"ref": "session_storage", "changes": ["removed"]},
                        {"ref": "noop", "changes": ["added"]},
                    ],
                    "config": [
                        {
                            "ref": "web_fetch",
                            "path": "/timeout_ms",
                            "a": {"layer": "agent", "value": 5},
                            "b": {"layer": "agent", "value": 6},
                        },
                        {"ref": "session_storage", "path": "", "changes": ["removed"]},
                        {"ref": "noop", "path": "", "changes": ["added"]},
                    ],
                    "features": [{"name": "secrets", "b": None}, {"name": "key_value", "b": None}],
                },
            }
        ),
        {**FOLLOWING, "then": SECOND},
    ),
    Case(
        "no drift of a session that keeps to its version",
        _DRIFT,
        Answered(
            {
                **_NOTHING,
                "current_agent_version": 1,
                "latest_agent_version": 2,
                "agent_binding": "pinned",
            }
        ),
        {**PINNED, "then": SECOND},
    ),
    Case(
        "drift of a session that was moved",
        _DRIFT,
        Answered({"created_agent_version": 1, "current_agent_version": 2, "sources": ["agent"]}),
        {**PINNED, "then": SECOND, "moved": rebind(pinned_agent_version=2)},
    ),
    Case(
        "no drift after a rollback",
        _DRIFT,
        Answered({**_NOTHING, "current_agent_version": 3}),
        {**FOLLOWING, "then": SECOND, "back": BACK},
    ),
    Case(
        "a key to read for drift",
        replace(_DRIFT, authorization="$keys.reader"),
        Answered(_NOTHING),
        FOLLOWING,
    ),
    Case("drift of an id that is none", replace(_DRIFT, id="x"), bad("INVALID_ID", "id")),
    Case("drift of what never was", replace(_DRIFT, id="session_" + "0" * 32), NO_SESSION),
)
"""What has changed in what a session runs with."""
