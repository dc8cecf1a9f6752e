"""The audit log: who may read it, and which of it."""

from __future__ import annotations

from tests.wire.cases.case import Answered, Case, Refused, bad
from tests.wire.harness.call import Call
from tests.wire.harness.json_value import JsonObject

_ADMIN = "Bearer $keys.admin"
_SCOPE = Refused("PERMISSION_DENIED", "SCOPE_MISSING")
_NEVER = "0" * 32
_FUTURE = "2999-12-31T23:59:59.000001Z"


def _list(**query: str | int) -> Call:
    return Call("ListAuditEvents", query=dict(query), authorization=_ADMIN)


_MADE = {
    "made": Call("CreateKey", {"name": "ci", "scopes": ["read"]}, authorization=_ADMIN),
}
_ROTATED = {**_MADE, "rotated": Call("RotateKey", id="$made.key.id", authorization=_ADMIN)}
_RENAMED = {"renamed": Call("UpdateAgent", {"name": "other"}, "$agent.id")}
_TAKEN_BACK = {
    **_RENAMED,
    "back": Call("RollbackAgent", query={"agent_id": "$agent.id", "version": 1}),
}
_CREATED: JsonObject = {
    "organization_id": "$org",
    "actor": "api_key",
    "key_name": "admin",
    "method": "CreateKey",
    "outcome": "done",
    "reason": None,
    "attempts": 1,
    "resource_id": "$made.key.id",
    "changes": [
        {"field": "name", "before": None, "after": "ci"},
        {"field": "scopes", "before": None, "after": ["read"]},
    ],
}

_BROUGHT_BACK: JsonObject = {
    "method": "UndeleteSession",
    "key_name": "owner",
    "outcome": "done",
    "resource_id": "$ended.id",
    "changes": [
        {"field": "agent_id", "before": None, "after": "$agent.id"},
        {"field": "title", "before": None, "after": "one"},
        {"field": "tags", "before": None, "after": []},
        {"field": "capabilities", "before": None, "after": []},
    ],
}

AUDIT = (
    Case("what was done to a key", _list(resource_id="$made.key.id"), Answered({"data": [_CREATED]}), _MADE),
    Case(
        "the newest of it first",
        _list(resource_id="$made.key.id", limit=1),
        Answered({"data": [{"method": "RotateKey"}], "total": 2, "limit": 1}),
        _ROTATED,
    ),
    Case(
        "the next page of it",
        _list(resource_id="$made.key.id", limit=1, page_token="$first.next_page_token"),
        Answered({"data": [_CREATED], "total": 2, "next_page_token": None}),
        {**_ROTATED, "first": _list(resource_id="$made.key.id", limit=1)},
    ),
    Case(
        "what was done to an agent",
        _list(resource_id="$agent.id", limit=1),
        Answered({"data": [{"key_name": "owner", "changes": [{"before": "plain", "after": "other"}]}]}),
        _RENAMED,
    ),
    Case(
        "that an agent was taken back to a version",
        _list(resource_id="$agent.id", limit=1),
        Answered(
            {
                "data": [
                    {
                        "method": "RollbackAgent",
                        "key_name": "owner",
                        "changes": [{"field": "name", "before": "other", "after": "plain"}],
                    }
                ]
            }
        ),
        _TAKEN_BACK,
    ),
    Case(
        "that a session was pinned to a version",
        _list(resource_id="$bound.id"),
        Answered(
            {
                "data": [
                    {
                        "method": "UpdateSession",
                        "changes": [{"field": "pinned_agent_version", "before": None, "after": 1}],
                    }
                ]
            }
        ),
        {
            "bound": Call("CreateSession", {"agent_id": "$agent.id"}),
            "pinned": Call("UpdateSession", {"pinned_agent_version": 1}, "$bound.id"),
        },
    ),
    Case(
        "that a session was deleted and brought back",
        _list(resource_id="$ended.id", limit=2),
        Answered({"data": [_BROUGHT_BACK, {"method": "DeleteSession"}], "total": 2}),
        {
            "ended": Call("CreateSession", {"agent_id": "$agent.id", "title": "one"}),
            "gone": Call("DeleteSession", id="$ended.id"),
            "back": Call("UndeleteSession", id="$ended.id"),
        },
    ),
    Case(
        "nothing of a session that was not brought back",
        _list(resource_id="$there.id"),
        Answered({"data": [], "total": 0}),
        {"there": Call("CreateSession", {"agent_id": "$agent.id"})},
    ),
    Case(
        "that a session was to expire",
        _list(resource_id="$made.id"),
        Answered(
            {
                "data": [
                    {
                        "method": "UpdateSession",
                        "changes": [{"field": "expires_at", "before": None, "after": _FUTURE}],
                    }
                ]
            }
        ),
        {
            "made": Call("CreateSession", {"agent_id": "$agent.id"}),
            "expiring": Call("UpdateSession", {"expires_at": _FUTURE}, "$made.id"),
        },
    ),
    Case(
        "nothing yet to come",
        _list(created_after="2999-01-01T00:00:00Z"),
        Answered({"data": [], "total": 0}),
        _MADE,
    ),
    Case("nothing long ago", _list(created_before="2001-01-01T00:00:00Z"), Answered({"data": []}), _MADE),
    Case("nothing of a key that never was", _list(key_id=f"key_{_NEVER}"), Answered({"data": []}), _MADE),
    Case("the audit log with an owner's key", Call("ListAuditEvents"), _SCOPE),
    Case("the audit log with a reader's", Call("ListAuditEvents", authorization="$keys.reader"), _SCOPE),
    Case("a filter by what is no key", _list(key_id=f"agent_{_NEVER}"), bad("INVALID_ID", "key_id")),
    Case(
        "a filter by what has no events",
        _list(resource_id=f"turn_{_NEVER}"),
        bad("INVALID_FIELD", "resource_id"),
    ),
    Case("a filter by half an id", _list(resource_id="session_12"), bad("INVALID_FIELD", "resource_id")),
    Case(
        "a filter by no time",
        _list(created_after="soon"),
        bad("INVALID_FIELD", "created_after"),
        over=("rest",),
    ),
    Case("less than no events", _list(limit=-1), bad("INVALID_FIELD", "page_size")),
    Case(
        "a token of events with another filter",
        _list(page_token="$first.next_page_token"),
        bad("INVALID_PAGE_TOKEN", "page_token"),
        {**_ROTATED, "first": _list(resource_id="$made.key.id", limit=1)},
    ),
)
"""What the audit log answers, and to whom."""
