"""What a watcher is told first, where it resumes, and what is refused. What follows is in
test_watching.py."""

from __future__ import annotations

from dataclasses import replace

from tests.wire.cases.case import Answered, Case, Refused, bad
from tests.wire.harness.call import Call
from tests.wire.harness.json_value import Json, JsonObject

_MADE = {"made": Call("CreateSession", {"agent_id": "$agent.id", "tags": ["a", "b"]})}
_MARK = {"mark": Call("WatchSessions")}
_TITLED = {"titled": Call("UpdateSession", {"title": "two"}, "$made.id")}
_BEGUN = {"begun": Call("BeginTurn", query={"session_id": "$made.id", "worker": "w"})}
_NOTHING: JsonObject = {"occurred_at": None, "session": None, "changed_paths": [], "turn": None}
_BOOKMARK: JsonObject = {"type": "bookmark", **_NOTHING}


def _watch(**query: Json) -> Call:
    return Call("WatchSessions", query=query)


def _resumed(**query: Json) -> Call:
    return _watch(resume_token="$mark.messages.0.resume_token", **query)


def _told(type: str, *paths: Json, **session: Json) -> Answered:
    """A bookmark, and then a message of this type."""
    told: JsonObject = {"type": type, "session": {"id": "$made.id", **session}, "changed_paths": [*paths]}
    return Answered({"messages": [_BOOKMARK, told]})


WATCHES = (
    Case("a watch from now on", _watch(), Answered({"messages": [_BOOKMARK]}), _MADE),
    Case("a watch to read", replace(_watch(), authorization="$keys.reader"), Answered()),
    Case(
        "a watch to write",
        replace(_watch(), authorization="$keys.writer"),
        Refused("PERMISSION_DENIED", "SCOPE_MISSING"),
    ),
    Case(
        "a watch without a key",
        replace(_watch(), authorization=None),
        Refused("UNAUTHENTICATED", "API_KEY_MISSING"),
    ),
    Case("a session told of", _resumed(), _told("created", tags=["a", "b"], title=None), {**_MARK, **_MADE}),
    Case(
        "a session told of as a change left it",
        _resumed(),
        _told("created", title=None),
        {**_MARK, **_MADE, **_TITLED},
    ),
    Case(
        "a change told of",
        _resumed(),
        _told("changed", "title", "updated_at", title="two"),
        {**_MADE, **_MARK, **_TITLED},
    ),
    Case(
        "an end told of",
        _resumed(),
        _told("deleted", title="two"),
        {**_MADE, **_TITLED, **_MARK, "gone": Call("DeleteSession", id="$made.id")},
    ),
    Case(
        "a session that enters a filter",
        _resumed(status="active"),
        _told("entered", "status", "updated_at", "turn", status="active"),
        {**_MADE, **_MARK, **_BEGUN},
    ),
    Case(
        "a session that leaves a filter",
        _resumed(tags=["b", "a"]),
        _told("left", "tags", "updated_at", tags=["a"]),
        {**_MADE, **_MARK, "other": Call("UpdateSession", {"tags": ["a"]}, "$made.id")},
    ),
    Case(
        "only the sessions that are named",
        _resumed(session_ids=["$made.id"], agent_id="$agent.id"),
        _told("changed", "title", "updated_at"),
        {
            **_MADE,
            **_MARK,
            "another": Call("CreateSession", {"agent_id": "$agent.id"}),
            **_TITLED,
        },
    ),
    Case(
        "a turn to cancel told of",
        _resumed(session_ids=["$made.id"]),
        Answered(
            {
                "messages": [
                    _BOOKMARK,
                    {
                        "type": "changed",
                        "changed_paths": ["turn.cancel_requested"],
                        "turn": {"id": "$begun.turn.id", "cancel_requested": True, "outcome": None},
                    },
                ]
            }
        ),
        {**_MADE, **_BEGUN, **_MARK, "asked": Call("CancelTurn", id="$made.id")},
    ),
    Case("a watch by no token", _watch(resume_token="x"), bad("INVALID_RESUME_TOKEN", "resume_token")),
    Case(
        "a watch by another's token",
        _resumed(),
        bad("INVALID_RESUME_TOKEN", "resume_token"),
        {"mark": replace(_watch(), authorization="$other.keys.owner")},
    ),
    Case("a watch of no agent", _watch(agent_id="x"), bad("INVALID_ID", "agent_id")),
    Case("a watch of no session", _watch(session_ids=["x"]), bad("INVALID_ID", "session_ids[0]")),
    Case(
        "a watch of too many sessions",
        _watch(session_ids=[f"session_{number:032x}" for number in range(101)]),
        bad("LIMIT_EXCEEDED", "session_ids"),
    ),
    Case("a watch by an empty tag", _watch(tags=[""]), bad("INVALID_FIELD", "tags[0]")),
)
