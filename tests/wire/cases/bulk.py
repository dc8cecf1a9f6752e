"""Sessions that were deleted, that expire, and that are read and made in batches."""

from __future__ import annotations

from dataclasses import replace

from tests.wire.cases.case import Answered, Case, Refused, bad
from tests.wire.harness.call import Call
from tests.wire.harness.json_value import Json, JsonObject

_NEVER = "session_" + "0" * 32
_SPEC: JsonObject = {"agent_id": "$agent.id", "title": "one", "tags": ["a"], "capabilities": ["current_time"]}
_MADE = {"made": Call("CreateSession", _SPEC)}
_GONE = {**_MADE, "gone": Call("DeleteSession", id="$made.id")}
_UNDELETE = Call("UndeleteSession", id="$made.id")
_BACK = {**_GONE, "back": _UNDELETE}
_NO_SESSION = Refused("NOT_FOUND", "SESSION_NOT_FOUND")
_SCOPE = Refused("PERMISSION_DENIED", "SCOPE_MISSING")
_HELD: JsonObject = {"id": "$made.id", "title": "one", "tags": ["a"], "status": "started"}
_FUTURE = "2999-12-31T23:59:59.000001Z"
_THEIRS = {
    "theirs": Call("CreateSession", {"agent_id": "$other.agent.id"}, authorization="$other.keys.owner"),
}


def _batch(*specs: JsonObject, key: str = "") -> Call:
    requests: list[Json] = [{"agent_id": "$agent.id", **spec} for spec in specs]
    return Call("BatchCreateSessions", {"requests": requests}, key=key)


def _get(*ids: str) -> Call:
    return Call("BatchGetSessions", query={"ids": list(ids)})


DELETIONS = (
    Case("a session brought back", _UNDELETE, Answered(_HELD), _GONE),
    Case(
        "what was brought back is read",
        Call("GetSession", id="$made.id"),
        Answered({"updated_at": "$back.updated_at", "created_at": "$made.created_at"}),
        _BACK,
    ),
    Case(
        "what was brought back is listed and counted",
        Call("ListSessions"),
        Answered({"data": [{"id": "$made.id"}], "total": 1}),
        _BACK,
    ),
    Case(
        "what was deleted is not listed or counted",
        Call("ListSessions", query={"tags": ["a"]}),
        Answered({"data": [], "total": 0}),
        _GONE,
    ),
    Case("stats without what was deleted", Call("GetSessionStats"), Answered({"total": 0}), _GONE),
    Case("no explanation of what was deleted", Call("ExplainSession", id="$made.id"), _NO_SESSION, _GONE),
    Case("no runtime of what was deleted", Call("GetRuntimeAgent", id="$made.id"), _NO_SESSION, _GONE),
    Case("no pin of what was deleted", Call("PinSession", id="$made.id"), _NO_SESSION, _GONE),
    Case("no change of what was deleted", Call("UpdateSession", {}, "$made.id"), _NO_SESSION, _GONE),
    Case("deleted twice", Call("DeleteSession", id="$made.id"), _NO_SESSION, _GONE),
    Case(
        "deleted again after it was brought back", Call("DeleteSession", id="$made.id"), Answered(None), _BACK
    ),
    Case(
        "a pin comes back",
        _UNDELETE,
        Answered({"is_pinned": True}),
        {**_MADE, "pin": Call("PinSession", id="$made.id"), "gone": Call("DeleteSession", id="$made.id")},
    ),
    Case(
        "turns come back, and the one that ran has ended",
        Call("ListTurns", query={"session_id": "$made.id"}),
        Answered({"data": [{"id": "$begun.turn.id", "outcome": "cancelled"}], "total": 1}),
        {
            **_MADE,
            "begun": Call("BeginTurn", query={"session_id": "$made.id", "worker": "w"}),
            "gone": Call("DeleteSession", id="$made.id"),
            "back": _UNDELETE,
        },
    ),
    Case(
        "a session whose agent was deleted comes back",
        _UNDELETE,
        Answered({"agent_id": "$agent.id"}),
        {**_GONE, "agent_gone": Call("DeleteAgent", id="$agent.id")},
    ),
    Case(
        "nothing to bring back",
        _UNDELETE,
        Refused("FAILED_PRECONDITION", "SESSION_NOT_DELETED"),
        _MADE,
    ),
    Case("brought back twice", _UNDELETE, Refused("FAILED_PRECONDITION", "SESSION_NOT_DELETED"), _BACK),
    Case("what never was is not brought back", Call("UndeleteSession", id=_NEVER), _NO_SESSION),
    Case(
        "another's is not brought back",
        Call("UndeleteSession", id="$theirs.id"),
        _NO_SESSION,
        {
            **_THEIRS,
            "gone": Call("DeleteSession", id="$theirs.id", authorization="$other.keys.owner"),
        },
    ),
    Case("no id to bring back", Call("UndeleteSession", id="$agent.id"), bad("INVALID_ID", "id")),
    Case("brought back to read", replace(_UNDELETE, authorization="$keys.reader"), _SCOPE, _GONE),
)
"""What was deleted, and what comes back."""

EXPIRY = (
    Case(
        "a session that is to expire",
        Call("CreateSession", {**_SPEC, "expires_at": _FUTURE}),
        Answered({"expires_at": _FUTURE}, created=True),
    ),
    Case(
        "a session that lives for some time",
        Call("CreateSession", {**_SPEC, "ttl_seconds": 60}),
        Answered({"title": "one"}, created=True),
    ),
    Case(
        "when it expires is changed",
        Call("UpdateSession", {"expires_at": _FUTURE}, "$made.id"),
        Answered({"expires_at": _FUTURE, "title": "one"}),
        _MADE,
    ),
    Case(
        "it does not expire any more",
        Call("UpdateSession", {"expires_at": None}, "$made.id"),
        Answered({"title": "one"}),
        {"made": Call("CreateSession", {**_SPEC, "expires_at": _FUTURE})},
    ),
    Case(
        "both ways to say when it expires",
        Call("CreateSession", {**_SPEC, "expires_at": _FUTURE, "ttl_seconds": 60}),
        bad("INVALID_FIELD", "ttl_seconds"),
    ),
    Case(
        "a session that has expired when it is made",
        Call("CreateSession", {**_SPEC, "expires_at": "2001-01-01T00:00:00Z"}),
        bad("INVALID_FIELD", "expires_at"),
    ),
    Case(
        "a change to a time that has passed",
        Call("UpdateSession", {"expires_at": "2001-01-01T00:00:00Z"}, "$made.id"),
        bad("INVALID_FIELD", "expires_at"),
        _MADE,
    ),
    Case(
        "a life of no time",
        Call("CreateSession", {**_SPEC, "ttl_seconds": 0}),
        bad("INVALID_FIELD", "ttl_seconds"),
    ),
    Case(
        "a life of eleven years",
        Call("CreateSession", {**_SPEC, "ttl_seconds": 346_896_000}),
        bad("LIMIT_EXCEEDED", "ttl_seconds"),
    ),
)
"""When sessions expire."""

BATCHES = (
    Case(
        "sessions in the order of their ids",
        _get("$made.id", "$more.sessions.0.id", "$made.id"),
        Answered({"sessions": [{"id": "$made.id"}, {"title": "two"}, {"id": "$made.id"}]}),
        {**_MADE, "more": _batch({"title": "two"})},
    ),
    Case(
        "some that there are not",
        _get("$made.id", _NEVER, "$theirs.id", "$made.id"),
        Refused("NOT_FOUND", "SESSION_NOT_FOUND", ("ids[1]", "ids[2]")),
        {**_MADE, **_THEIRS},
    ),
    Case(
        "one that was deleted",
        _get("$made.id"),
        Refused("NOT_FOUND", "SESSION_NOT_FOUND", ("ids[0]",)),
        _GONE,
    ),
    Case("a batch of no ids", _get(), bad("REQUIRED_FIELD_MISSING", "ids")),
    Case("a bad id in a batch", _get(_NEVER, "x"), bad("INVALID_ID", "ids[1]")),
    Case("too many ids", _get(*[_NEVER] * 501), bad("LIMIT_EXCEEDED", "ids")),
    Case("ids to work", replace(_get(_NEVER), authorization="$keys.worker"), _SCOPE),
    Case(
        "sessions made together",
        _batch({"title": "one", "capabilities": ["virtual_bash"]}, {"title": "two", "ttl_seconds": 60}),
        Answered({"sessions": [{"title": "one", "features": ["file_system"]}, {"title": "two"}]}),
    ),
    Case(
        "made together they are counted",
        Call("ListSessions", query={"agent_id": "$agent.id", "limit": 1}),
        Answered({"data": [{"title": "three"}], "total": 3}),
        {"made": _batch({"title": "one"}, {"title": "two"}, {"title": "three"})},
    ),
    Case(
        "made together twice by one key",
        _batch({"title": "one"}, {}, key="again"),
        Answered({"sessions": [{"id": "$made.sessions.0.id"}, {"id": "$made.sessions.1.id"}]}, replayed=True),
        {"made": _batch({"title": "one"}, {}, key="again")},
    ),
    Case(
        "another batch by the same key",
        _batch({"title": "other"}, {}, key="again"),
        Refused("ALREADY_EXISTS", "IDEMPOTENCY_KEY_REUSED"),
        {"made": _batch({"title": "one"}, {}, key="again")},
    ),
    Case(
        "everything that is wrong with a batch",
        _batch(
            {},
            {"capabilities": ["nope", {"ref": "web_fetch", "config": {"timeout_ms": 0}}]},
            {"expires_at": "2001-01-01T00:00:00Z"},
        ),
        bad(
            "UNKNOWN_CAPABILITY",
            "requests[1].capabilities[0].ref",
            ("requests[1].capabilities[1].config.timeout_ms", "INVALID_CONFIG"),
            ("requests[2].expires_at", "INVALID_FIELD"),
        ),
    ),
    Case(
        "an agent of another organization in a batch",
        _batch({}, {"agent_id": "$other.agent.id"}),
        Refused("NOT_FOUND", "AGENT_NOT_FOUND", ("requests[1]",)),
    ),
    Case(
        "as many as there may be in a batch",
        Call("GetSessionStats"),
        Answered({"total": 500}),
        {"made": _batch(*[{}] * 500), "got": _get("$made.sessions.499.id", *["$made.sessions.0.id"] * 499)},
    ),
    Case(
        "limits in a batch",
        _batch({"title": "x" * 501}, {"tags": [""]}),
        bad("LIMIT_EXCEEDED", "requests[0].title", ("requests[1].tags[0]", "INVALID_FIELD")),
    ),
    Case(
        "no agent in a batch",
        Call("BatchCreateSessions", {"requests": [{"title": "one"}]}),
        bad("REQUIRED_FIELD_MISSING", "requests[0].agent_id"),
    ),
    Case("an empty batch", Call("BatchCreateSessions", {}), bad("REQUIRED_FIELD_MISSING", "requests")),
    Case("a batch of too many", _batch(*[{}] * 501), bad("LIMIT_EXCEEDED", "requests")),
    Case("a batch to read", replace(_batch({}), authorization="$keys.reader"), _SCOPE),
)
"""Sessions in batches."""
