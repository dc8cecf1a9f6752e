"""Which version of its agent a session runs with: the latest, or the one that it is pinned to."""

from __future__ import annotations

from tests.wire.cases.case import Answered, Case, Refused, bad
from tests.wire.cases.worker_agent import (
    ARCHIVE,
    ARCHIVED,
    FOLLOWING,
    MADE,
    NEVER,
    NO_AGENT,
    NO_SESSION,
    NO_VERSION,
    PINNED,
    SECOND,
    SESSION,
    TWO,
    rebind,
    update_worker,
)
from tests.wire.harness.call import Call
from tests.wire.harness.json_value import JsonObject

_GET = Call("GetSession", id="$made.id")
_RUNTIME = Call("GetRuntimeAgent", id="$made.id")

_LATEST: JsonObject = {"agent_binding": "latest", "pinned_agent_version": None, "created_agent_version": 1}
_KEPT: JsonObject = {"agent_binding": "pinned", "pinned_agent_version": 1, "created_agent_version": 1}
_STORAGE: JsonObject = {"features": ["secrets", "key_value"]}
_LOCKED = update_worker(capabilities=[{"ref": "web_fetch", "config": {"timeout_ms": 6}, "locked": [""]}])

BINDINGS = (
    Case(
        "a session follows its agent",
        _GET,
        Answered({**_LATEST, "features": []}),
        {**FOLLOWING, "then": SECOND},
    ),
    Case(
        "a session keeps to its version",
        _GET,
        Answered({**_KEPT, **_STORAGE}),
        {**PINNED, "then": SECOND},
    ),
    Case(
        "what a session that keeps to its version runs with",
        _RUNTIME,
        Answered(
            {
                "capabilities": [
                    {"ref": "web_fetch", "config": {"timeout_ms": 5}},
                    {"ref": "session_storage"},
                ],
                "max_iterations": 100,
            }
        ),
        {**PINNED, "then": update_worker(capabilities=["noop"], max_iterations=1)},
    ),
    Case(
        "a list has what each keeps to",
        Call("ListSessions", query={"agent_id": "$worker.id"}),
        Answered({"data": [{**_LATEST, "features": []}, {**_KEPT, **_STORAGE}]}),
        {**PINNED, "other": Call("CreateSession", SESSION), "then": SECOND},
    ),
    Case(
        "a session of an archived agent keeps to its version",
        _GET,
        Answered({**_KEPT, **_STORAGE}),
        {**PINNED, "then": SECOND, "gone": ARCHIVE},
    ),
    Case(
        "a new session of an old version",
        Call("CreateSession", {**SESSION, "pinned_agent_version": 1}),
        Answered({**_KEPT, **_STORAGE}, created=True),
        TWO,
    ),
    Case(
        "a new session of an old version, by the agent's name",
        Call("CreateSession", {"agent_name": "worker", "pinned_agent_version": 1}),
        Answered({**_KEPT, **_STORAGE}, created=True),
        TWO,
    ),
    Case(
        "the same new session of an old version again",
        Call("CreateSession", {**SESSION, "pinned_agent_version": 1}, key="k1"),
        Answered({**_KEPT, **_STORAGE, "id": "$made.id"}, created=True, replayed=True),
        {**TWO, "made": Call("CreateSession", {**SESSION, "pinned_agent_version": 1}, key="k1")},
    ),
    Case(
        "the same key for another version",
        Call("CreateSession", SESSION, key="k1"),
        Refused("ALREADY_EXISTS", "IDEMPOTENCY_KEY_REUSED"),
        {**TWO, "made": Call("CreateSession", {**SESSION, "agent_binding": "pinned"}, key="k1")},
    ),
    Case(
        "a preview of a session of an old version",
        Call("PreviewSession", {**SESSION, "pinned_agent_version": 1}),
        Answered({"session": {**_KEPT, **_STORAGE}, "runtime_agent": {"features": _STORAGE["features"]}}),
        TWO,
    ),
    Case(
        "a new session of a version that there is not",
        Call("CreateSession", {**SESSION, "pinned_agent_version": 3}),
        NO_VERSION,
        TWO,
    ),
    Case(
        "a preview of a session of a version that there is not",
        Call("PreviewSession", {**SESSION, "pinned_agent_version": 3}),
        NO_VERSION,
        TWO,
    ),
    Case(
        "a new session of a version of what never was",
        Call("CreateSession", {"agent_id": NEVER, "pinned_agent_version": 1}),
        NO_AGENT,
    ),
    Case(
        "a new session of an old version of an archived agent",
        Call("CreateSession", {**SESSION, "pinned_agent_version": 1}),
        ARCHIVED,
        {**TWO, "gone": ARCHIVE},
    ),
    Case(
        "a new session that follows a version",
        Call("CreateSession", {**SESSION, "agent_binding": "latest", "pinned_agent_version": 1}),
        bad("INVALID_FIELD", "pinned_agent_version"),
        TWO,
    ),
    Case(
        "a new session of version zero",
        Call("CreateSession", {**SESSION, "pinned_agent_version": 0}),
        bad("INVALID_FIELD", "pinned_agent_version"),
        TWO,
    ),
    Case(
        "a session pinned later",
        rebind(agent_binding="pinned"),
        Answered({**_KEPT, "pinned_agent_version": 2, "features": []}),
        {**FOLLOWING, "then": SECOND},
    ),
    Case(
        "a session moved to an older version",
        rebind(pinned_agent_version=1),
        Answered({**_KEPT, **_STORAGE}),
        {**FOLLOWING, "then": SECOND},
    ),
    Case(
        "a session that follows again",
        rebind(agent_binding="latest"),
        Answered({**_LATEST, "features": []}),
        {**PINNED, "then": SECOND},
    ),
    Case(
        "a session whose version is cleared follows again",
        rebind(pinned_agent_version=None),
        Answered(_LATEST),
        {**PINNED, "then": SECOND},
    ),
    Case("another change leaves it pinned", rebind(title="t"), Answered({**_KEPT, "title": "t"}), PINNED),
    Case(
        "a change of capabilities is judged by the version",
        rebind(capabilities=[{"ref": "web_fetch", "config": {"timeout_ms": 7}}]),
        Answered(_KEPT),
        {**PINNED, "then": _LOCKED},
    ),
    Case(
        "a session that does not fit the version",
        rebind(agent_binding="latest"),
        bad("CONFIG_LOCKED", "capabilities[0].config.timeout_ms"),
        {
            **PINNED,
            "set": rebind(capabilities=[{"ref": "web_fetch", "config": {"timeout_ms": 7}}]),
            "then": _LOCKED,
        },
    ),
    Case(
        "a session moved to a version that there is not",
        rebind(pinned_agent_version=2),
        NO_VERSION,
        PINNED,
    ),
    Case(
        "a pin of what never was",
        Call("UpdateSession", {"agent_binding": "pinned"}, "session_" + "0" * 32),
        NO_SESSION,
    ),
    Case(
        "created_agent_version in a body",
        Call("CreateSession", {**SESSION, "created_agent_version": 1}),
        bad("OUTPUT_ONLY_FIELD", "created_agent_version"),
        {"worker": MADE},
        over=("rest",),
    ),
    Case(
        "a binding that there is not",
        Call("CreateSession", {**SESSION, "agent_binding": "newest"}),
        bad("INVALID_FIELD", "agent_binding"),
        {"worker": MADE},
        over=("rest",),
    ),
)
"""Which version of its agent a session runs with."""
