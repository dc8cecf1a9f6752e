"""Versions of agents, which of them sessions run with, what has drifted since, and what a change would do."""

from __future__ import annotations

from dataclasses import replace

from tests.wire.cases.case import Answered, Case, Refused, bad
from tests.wire.harness.call import Call
from tests.wire.harness.json_value import Json, JsonObject

_NEVER = "agent_" + "0" * 32
_NO_AGENT = Refused("NOT_FOUND", "AGENT_NOT_FOUND")
_NO_VERSION = Refused("NOT_FOUND", "AGENT_VERSION_NOT_FOUND")
_NO_SESSION = Refused("NOT_FOUND", "SESSION_NOT_FOUND")
_ARCHIVED = Refused("FAILED_PRECONDITION", "AGENT_ARCHIVED")
_SCOPE = Refused("PERMISSION_DENIED", "SCOPE_MISSING")
_MADE = Call(
    "ApplyAgent",
    {
        "name": "worker",
        "system_prompt": "Work.",
        "capabilities": [{"ref": "web_fetch", "config": {"timeout_ms": 5}}, "session_storage"],
    },
)


def _update(query: JsonObject | None = None, **fields: Json) -> Call:
    return Call("UpdateAgent", fields, "$worker.id", query=query or {})


def _of(rpc: str, **query: Json) -> Call:
    return Call(rpc, query={"agent_id": "$worker.id", **query})


_SECOND = _update(
    system_prompt="Work well.", capabilities=[{"ref": "web_fetch", "config": {"timeout_ms": 6}}, "noop"]
)
_TWO = {"worker": _MADE, "second": _SECOND}
_GONE = Call("DeleteAgent", id="$worker.id")
_BACK = _of("RollbackAgent", version=1)
_FIRST: JsonObject = {
    "agent_id": "$worker.id",
    "version": 1,
    "name": "worker",
    "display_name": None,
    "description": None,
    "system_prompt": "Work.",
    "default_model_id": None,
    "tags": [],
    "capabilities": [
        {"ref": "web_fetch", "config": {"timeout_ms": 5}},
        {"ref": "session_storage", "config": None},
    ],
    "max_iterations": 100,
    "created_at": "$worker.created_at",
}
_DIFFERENCES: JsonObject = {
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

VERSIONS = (
    Case("an agent's first version", _of("GetAgentVersion", version=1), Answered(_FIRST), {"worker": _MADE}),
    Case("a version that is no longer", _of("GetAgentVersion", version=1), Answered(_FIRST), _TWO),
    Case(
        "a version of an archived agent",
        _of("GetAgentVersion", version=2),
        Answered({"version": 2, "system_prompt": "Work well."}),
        {**_TWO, "gone": _GONE},
    ),
    Case("a change is the next version", _SECOND, Answered({"version": 2}), {"worker": _MADE}),
    Case(
        "a change to what there is makes no version",
        _update(system_prompt="Work.", description=None),
        Answered({"version": 1}),
        {"worker": _MADE},
    ),
    Case("an apply of what there is makes no version", _MADE, Answered({"version": 1}), {"worker": _MADE}),
    Case(
        "an apply of something else is the next version",
        replace(_MADE, body={"name": "worker", "system_prompt": "Rest."}),
        Answered({"version": 2}),
        {"worker": _MADE},
    ),
    Case(
        "an archived agent that is brought back has no other version",
        replace(_MADE, id="$worker.id"),
        Answered({"version": 1, "status": "active"}),
        {"worker": _MADE, "gone": _GONE},
    ),
    Case(
        "a copy begins at its first version",
        Call("CopyAgent", id="$worker.id"),
        Answered({"version": 1}, created=True),
        _TWO,
    ),
    Case(
        "the versions, the newest first",
        _of("ListAgentVersions"),
        Answered(
            {
                "data": [{"version": 2}, {"version": 1}],
                "total": 2,
                "offset": 0,
                "limit": 20,
                "next_page_token": None,
            }
        ),
        _TWO,
    ),
    Case(
        "the versions, by token",
        _of("ListAgentVersions", limit=1, page_token="$first.next_page_token"),
        Answered({"data": [_FIRST], "total": 2, "limit": 1, "next_page_token": None}),
        {**_TWO, "first": _of("ListAgentVersions", limit=1)},
    ),
    Case(
        "the versions by another's token",
        Call("ListAgentVersions", query={"agent_id": "$agent.id", "page_token": "$first.next_page_token"}),
        bad("INVALID_PAGE_TOKEN", "page_token"),
        {**_TWO, "first": _of("ListAgentVersions", limit=1)},
    ),
    Case("the versions of what never was", Call("ListAgentVersions", query={"agent_id": _NEVER}), _NO_AGENT),
    Case(
        "the versions of no agent's id",
        Call("ListAgentVersions", query={"agent_id": "x"}),
        bad("INVALID_ID", "agent_id"),
    ),
    Case(
        "another organization's versions",
        Call("ListAgentVersions", query={"agent_id": "$other.agent.id"}),
        _NO_AGENT,
    ),
    Case("a version that there is not", _of("GetAgentVersion", version=3), _NO_VERSION, _TWO),
    Case("version zero", _of("GetAgentVersion", version=0), bad("REQUIRED_FIELD_MISSING", "version"), _TWO),
    Case("a version below", _of("GetAgentVersion", version=-1), bad("INVALID_FIELD", "version"), _TWO),
    Case(
        "a version of what never was",
        Call("GetAgentVersion", query={"agent_id": _NEVER, "version": 1}),
        _NO_AGENT,
    ),
    Case(
        "a number that is none",
        _of("GetAgentVersion", version="default"),
        bad("INVALID_FIELD", "version"),
        _TWO,
        over=("rest",),
    ),
    Case(
        "a number that is too large",
        _of("GetAgentVersion", version=2**31),
        bad("INVALID_FIELD", "version"),
        _TWO,
        over=("rest",),
    ),
    Case(
        "what differs between two versions",
        _of("DiffAgentVersions", **{"from": 1, "to": 2}),
        Answered(_DIFFERENCES),
        _TWO,
    ),
    Case(
        "nothing differs from itself",
        _of("DiffAgentVersions", **{"from": 2, "to": 2}),
        Answered({"changes": []}),
        _TWO,
    ),
    Case(
        "a key to read for a difference",
        replace(_of("DiffAgentVersions", **{"from": 2, "to": 1}), authorization="$keys.reader"),
        Answered({"from": 2, "to": 1}),
        _TWO,
    ),
    Case(
        "a key to write for a difference",
        replace(_of("DiffAgentVersions", **{"from": 2, "to": 1}), authorization="$keys.writer"),
        _SCOPE,
        _TWO,
    ),
    Case(
        "a difference from nothing",
        _of("DiffAgentVersions", to=2),
        bad("REQUIRED_FIELD_MISSING", "from_version"),
        _TWO,
    ),
    Case(
        "a difference from what there is not",
        _of("DiffAgentVersions", **{"from": 7, "to": 2}),
        _NO_VERSION,
        _TWO,
    ),
    Case(
        "a rollback is a version of its own",
        _BACK,
        Answered(
            {
                "id": "$worker.id",
                "version": 3,
                "system_prompt": "Work.",
                "capabilities": _FIRST["capabilities"],
            }
        ),
        _TWO,
    ),
    Case(
        "a rollback to what there is",
        _of("RollbackAgent", version=2),
        Answered({"version": 2, "updated_at": "$second.updated_at"}),
        _TWO,
    ),
    Case(
        "a rollback twice is one",
        _BACK,
        Answered({"version": 3, "updated_at": "$back.updated_at"}),
        {**_TWO, "back": _BACK},
    ),
    Case("a rollback to what there is not", _of("RollbackAgent", version=3), _NO_VERSION, _TWO),
    Case("a rollback of an archived agent", _BACK, _ARCHIVED, {**_TWO, "gone": _GONE}),
    Case(
        "a rollback to a name that is taken",
        _BACK,
        Refused("ALREADY_EXISTS", "AGENT_ALREADY_EXISTS"),
        {"worker": _MADE, "renamed": _update(name="other"), "taken": _MADE},
    ),
    Case("a key to read for a rollback", replace(_BACK, authorization="$keys.reader"), _SCOPE, _TWO),
    Case(
        "a rollback of what never was",
        Call("RollbackAgent", query={"agent_id": _NEVER, "version": 1}),
        _NO_AGENT,
    ),
)
"""What becomes of an agent's changes."""

_SESSION: JsonObject = {"agent_id": "$worker.id"}
_FOLLOWING = {"worker": _MADE, "made": Call("CreateSession", _SESSION)}
_PINNED = {"worker": _MADE, "made": Call("CreateSession", {**_SESSION, "agent_binding": "pinned"})}
_GET = Call("GetSession", id="$made.id")
_RUNTIME = Call("GetRuntimeAgent", id="$made.id")


def _rebind(**fields: Json) -> Call:
    return Call("UpdateSession", fields, "$made.id")


_LATEST: JsonObject = {"agent_binding": "latest", "pinned_agent_version": None, "created_agent_version": 1}
_KEPT: JsonObject = {"agent_binding": "pinned", "pinned_agent_version": 1, "created_agent_version": 1}
_STORAGE: JsonObject = {"features": ["secrets", "key_value"]}
_LOCKED = _update(capabilities=[{"ref": "web_fetch", "config": {"timeout_ms": 6}, "locked": [""]}])

BINDINGS = (
    Case(
        "a session follows its agent",
        _GET,
        Answered({**_LATEST, "features": []}),
        {**_FOLLOWING, "then": _SECOND},
    ),
    Case(
        "a session keeps to its version",
        _GET,
        Answered({**_KEPT, **_STORAGE}),
        {**_PINNED, "then": _SECOND},
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
        {**_PINNED, "then": _update(capabilities=["noop"], max_iterations=1)},
    ),
    Case(
        "a list has what each keeps to",
        Call("ListSessions", query={"agent_id": "$worker.id"}),
        Answered({"data": [{**_LATEST, "features": []}, {**_KEPT, **_STORAGE}]}),
        {**_PINNED, "other": Call("CreateSession", _SESSION), "then": _SECOND},
    ),
    Case(
        "a session of an archived agent keeps to its version",
        _GET,
        Answered({**_KEPT, **_STORAGE}),
        {**_PINNED, "then": _SECOND, "gone": _GONE},
    ),
    Case(
        "a new session of an old version",
        Call("CreateSession", {**_SESSION, "pinned_agent_version": 1}),
        Answered({**_KEPT, **_STORAGE}, created=True),
        _TWO,
    ),
    Case(
        "a new session of an old version, by the agent's name",
        Call("CreateSession", {"agent_name": "worker", "pinned_agent_version": 1}),
        Answered({**_KEPT, **_STORAGE}, created=True),
        _TWO,
    ),
    Case(
        "the same new session of an old version again",
        Call("CreateSession", {**_SESSION, "pinned_agent_version": 1}, key="k1"),
        Answered({**_KEPT, **_STORAGE, "id": "$made.id"}, created=True, replayed=True),
        {**_TWO, "made": Call("CreateSession", {**_SESSION, "pinned_agent_version": 1}, key="k1")},
    ),
    Case(
        "the same key for another version",
        Call("CreateSession", _SESSION, key="k1"),
        Refused("ALREADY_EXISTS", "IDEMPOTENCY_KEY_REUSED"),
        {**_TWO, "made": Call("CreateSession", {**_SESSION, "agent_binding": "pinned"}, key="k1")},
    ),
    Case(
        "a preview of a session of an old version",
        Call("PreviewSession", {**_SESSION, "pinned_agent_version": 1}),
        Answered({"session": {**_KEPT, **_STORAGE}, "runtime_agent": {"features": _STORAGE["features"]}}),
        _TWO,
    ),
    Case(
        "a new session of a version that there is not",
        Call("CreateSession", {**_SESSION, "pinned_agent_version": 3}),
        _NO_VERSION,
        _TWO,
    ),
    Case(
        "a preview of a session of a version that there is not",
        Call("PreviewSession", {**_SESSION, "pinned_agent_version": 3}),
        _NO_VERSION,
        _TWO,
    ),
    Case(
        "a new session of a version of what never was",
        Call("CreateSession", {"agent_id": _NEVER, "pinned_agent_version": 1}),
        _NO_AGENT,
    ),
    Case(
        "a new session of an old version of an archived agent",
        Call("CreateSession", {**_SESSION, "pinned_agent_version": 1}),
        _ARCHIVED,
        {**_TWO, "gone": _GONE},
    ),
    Case(
        "a new session that follows a version",
        Call("CreateSession", {**_SESSION, "agent_binding": "latest", "pinned_agent_version": 1}),
        bad("INVALID_FIELD", "pinned_agent_version"),
        _TWO,
    ),
    Case(
        "a new session of version zero",
        Call("CreateSession", {**_SESSION, "pinned_agent_version": 0}),
        bad("INVALID_FIELD", "pinned_agent_version"),
        _TWO,
    ),
    Case(
        "a session pinned later",
        _rebind(agent_binding="pinned"),
        Answered({**_KEPT, "pinned_agent_version": 2, "features": []}),
        {**_FOLLOWING, "then": _SECOND},
    ),
    Case(
        "a session moved to an older version",
        _rebind(pinned_agent_version=1),
        Answered({**_KEPT, **_STORAGE}),
        {**_FOLLOWING, "then": _SECOND},
    ),
    Case(
        "a session that follows again",
        _rebind(agent_binding="latest"),
        Answered({**_LATEST, "features": []}),
        {**_PINNED, "then": _SECOND},
    ),
    Case(
        "a session whose version is cleared follows again",
        _rebind(pinned_agent_version=None),
        Answered(_LATEST),
        {**_PINNED, "then": _SECOND},
    ),
    Case("another change leaves it pinned", _rebind(title="t"), Answered({**_KEPT, "title": "t"}), _PINNED),
    Case(
        "a change of capabilities is judged by the version",
        _rebind(capabilities=[{"ref": "web_fetch", "config": {"timeout_ms": 7}}]),
        Answered(_KEPT),
        {**_PINNED, "then": _LOCKED},
    ),
    Case(
        "a session that does not fit the version",
        _rebind(agent_binding="latest"),
        bad("CONFIG_LOCKED", "capabilities[0].config.timeout_ms"),
        {
            **_PINNED,
            "set": _rebind(capabilities=[{"ref": "web_fetch", "config": {"timeout_ms": 7}}]),
            "then": _LOCKED,
        },
    ),
    Case(
        "a session moved to a version that there is not",
        _rebind(pinned_agent_version=2),
        _NO_VERSION,
        _PINNED,
    ),
    Case(
        "a pin of what never was",
        Call("UpdateSession", {"agent_binding": "pinned"}, "session_" + "0" * 32),
        _NO_SESSION,
    ),
    Case(
        "created_agent_version in a body",
        Call("CreateSession", {**_SESSION, "created_agent_version": 1}),
        bad("OUTPUT_ONLY_FIELD", "created_agent_version"),
        {"worker": _MADE},
        over=("rest",),
    ),
    Case(
        "a binding that there is not",
        Call("CreateSession", {**_SESSION, "agent_binding": "newest"}),
        bad("INVALID_FIELD", "agent_binding"),
        {"worker": _MADE},
        over=("rest",),
    ),
)
"""Which version of its agent a session runs with."""

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
        _FOLLOWING,
    ),
    Case(
        "no drift by what nothing runs with",
        _DRIFT,
        Answered({**_NOTHING, "current_agent_version": 2, "latest_agent_version": 2}),
        {**_FOLLOWING, "then": _update(description="d", tags=["t"])},
    ),
    Case(
        "no drift where the session wins",
        _DRIFT,
        Answered({**_NOTHING, "current_agent_version": 2}),
        {**_FOLLOWING, "mine": _rebind(model_id="m"), "then": _update(default_model_id="n", description="d")},
    ),
    Case(
        "no drift by a change of the session itself",
        _DRIFT,
        Answered(_NOTHING),
        {**_FOLLOWING, "mine": _rebind(capabilities=["noop"])},
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
                "agent_changes": _DIFFERENCES["changes"],
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
        {**_FOLLOWING, "then": _SECOND},
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
        {**_PINNED, "then": _SECOND},
    ),
    Case(
        "drift of a session that was moved",
        _DRIFT,
        Answered({"created_agent_version": 1, "current_agent_version": 2, "sources": ["agent"]}),
        {**_PINNED, "then": _SECOND, "moved": _rebind(pinned_agent_version=2)},
    ),
    Case(
        "no drift after a rollback",
        _DRIFT,
        Answered({**_NOTHING, "current_agent_version": 3}),
        {**_FOLLOWING, "then": _SECOND, "back": _BACK},
    ),
    Case(
        "a key to read for drift",
        replace(_DRIFT, authorization="$keys.reader"),
        Answered(_NOTHING),
        _FOLLOWING,
    ),
    Case("drift of an id that is none", replace(_DRIFT, id="x"), bad("INVALID_ID", "id")),
    Case("drift of what never was", replace(_DRIFT, id="session_" + "0" * 32), _NO_SESSION),
)
"""What has changed in what a session runs with."""


def _preview(query: JsonObject | None = None, **fields: Json) -> Call:
    return Call("PreviewAgentUpdate", fields, "$worker.id", query=query or {})


_DRY: JsonObject = {"validate_only": True}
_SETS: JsonObject = {**_SESSION, "capabilities": [{"ref": "web_fetch", "config": {"timeout_ms": 7}}]}
_THREE = {
    "worker": _MADE,
    "plain": Call("CreateSession", _SESSION),
    "pinned": Call("CreateSession", {**_SESSION, "agent_binding": "pinned"}),
    "sets": Call("CreateSession", _SETS),
}
_LOCKS: Json = [{"ref": "web_fetch", "config": {"timeout_ms": 5}, "locked": ["/timeout_ms"]}]

IMPACTS = (
    Case(
        "a change on paper",
        _update(_DRY, system_prompt="Other."),
        Answered({"id": "$worker.id", "system_prompt": "Other.", "version": 2}),
        {"worker": _MADE},
    ),
    Case(
        "a change on paper of nothing",
        _update(_DRY, system_prompt="Work."),
        Answered({"version": 1}),
        {"worker": _MADE},
    ),
    Case(
        "nothing is written by a change on paper",
        Call("GetAgent", id="$worker.id"),
        Answered({"system_prompt": "Work.", "version": 1, "updated_at": "$worker.updated_at"}),
        {
            "worker": _MADE,
            "dry": _update(_DRY, system_prompt="Other."),
            "preview": _preview(system_prompt="Other."),
        },
    ),
    Case(
        "a bad change on paper",
        _update(_DRY, capabilities=["nope"]),
        bad("UNKNOWN_CAPABILITY", "capabilities[0].ref"),
        {"worker": _MADE},
    ),
    Case(
        "a change on paper to a name that is taken",
        _update(_DRY, name="taken"),
        Refused("ALREADY_EXISTS", "AGENT_ALREADY_EXISTS"),
        {"worker": _MADE, "taken": replace(_MADE, body={"name": "taken", "system_prompt": "p"})},
    ),
    Case(
        "a change on paper of an archived agent",
        _update(_DRY, name="n"),
        _ARCHIVED,
        {"worker": _MADE, "gone": _GONE},
    ),
    Case(
        "a key to read for a change on paper",
        replace(_update(_DRY, name="n"), authorization="$keys.reader"),
        _SCOPE,
        {"worker": _MADE},
    ),
    Case(
        "a change that strips sessions of features, and breaks one",
        _preview(capabilities=_LOCKS),
        Answered(
            {
                "agent": {"id": "$worker.id", "version": 2},
                "data": [
                    {
                        "session_id": "$sets.id",
                        "problems": [{"reason": "CONFIG_LOCKED", "severity": "error"}],
                        "lost_features": ["secrets", "key_value"],
                    },
                    {
                        "session_id": "$plain.id",
                        "problems": [],
                        "lost_features": ["secrets", "key_value"],
                    },
                ],
                "total": 3,
                "examined": 3,
                "changed": 2,
                "broken": 1,
                "stripped": 2,
                "limit": 20,
                "next_page_token": None,
            }
        ),
        _THREE,
    ),
    Case(
        "a change that no session sees",
        _preview(description="d"),
        Answered({"data": [], "examined": 3, "changed": 0, "broken": 0, "stripped": 0}),
        _THREE,
    ),
    Case(
        "the next page of what a change does",
        _preview({"limit": 1, "page_token": "$first.next_page_token"}, max_iterations=7),
        Answered({"data": [{"session_id": "$plain.id"}], "examined": 2, "next_page_token": None}),
        {**_THREE, "first": _preview({"limit": 1}, max_iterations=7)},
    ),
    Case(
        "the next page of what another change does",
        _preview({"limit": 1, "page_token": "$first.next_page_token"}, max_iterations=8),
        bad("INVALID_PAGE_TOKEN", "page_token"),
        {**_THREE, "first": _preview({"limit": 1}, max_iterations=7)},
    ),
    Case(
        "a key to read for what a change does",
        replace(_preview(max_iterations=7), authorization="$keys.reader"),
        Answered({"changed": 2}),
        _THREE,
    ),
    Case(
        "what a bad change does",
        _preview(capabilities=["nope"]),
        bad("UNKNOWN_CAPABILITY", "capabilities[0].ref"),
        {"worker": _MADE},
    ),
    Case("what a change does to an archived agent", _preview(tags=[]), _ARCHIVED, {**_TWO, "gone": _GONE}),
    Case(
        "what a change does to what never was",
        replace(_preview(tags=[]), id=_NEVER),
        _NO_AGENT,
    ),
)
"""What a change of an agent would do to its sessions."""
