"""What workers do with turns, who sees them, and what is refused."""

from __future__ import annotations

from dataclasses import replace

from tests.wire.cases.case import Answered, Case, Refused, bad
from tests.wire.harness.call import Call
from tests.wire.harness.json_value import Json, JsonObject

_NEVER = "0" * 32
_MADE = {"made": Call("CreateSession", {"agent_id": "$agent.id", "capabilities": ["current_time"]})}
_BEGIN = Call("BeginTurn", query={"session_id": "$made.id", "worker": "w1"})
_BEGUN = {**_MADE, "begun": _BEGIN}
_CANCEL = Call("CancelTurn", id="$made.id")
_SESSION = Call("GetSession", id="$made.id")
_IN_PROGRESS = Refused("FAILED_PRECONDITION", "TURN_IN_PROGRESS")
_LOST = Refused("ABORTED", "LEASE_LOST")
_NO_SESSION = Refused("NOT_FOUND", "SESSION_NOT_FOUND")
_NO_TURN = Refused("NOT_FOUND", "TURN_NOT_FOUND")
_SCOPE = Refused("PERMISSION_DENIED", "SCOPE_MISSING")
_THEIRS = {
    "theirs": Call("CreateSession", {"agent_id": "$other.agent.id"}, authorization="$other.keys.owner"),
    "begun": Call(
        "BeginTurn",
        query={"session_id": "$theirs.id", "worker": "w"},
        authorization="$other.keys.owner",
    ),
}
_RUNNING: JsonObject = {
    "session_id": "$made.id",
    "worker": "w1",
    "fencing_token": 1,
    "cancel_requested": False,
    "outcome": None,
    "error": None,
    "ended_at": None,
    "duration_ms": None,
}


def _begin(**more: Json) -> Call:
    return replace(_BEGIN, query={**_BEGIN.query, **more})


def _turn(rpc: str, turn: str = "begun.turn", **more: Json) -> Call:
    """A call of a worker about a turn that it began."""
    query: JsonObject = {
        "session_id": f"${turn}.session_id",
        "fencing_token": f"${turn}.fencing_token",
        **more,
    }
    return Call(rpc, query=query, id=f"${turn}.id")


def _beat(turn: str = "begun.turn", **more: Json) -> Call:
    return _turn("HeartbeatTurn", turn, **more)


def _end(outcome: str = "COMPLETED", turn: str = "begun.turn", **more: Json) -> Call:
    return _turn("EndTurn", turn, outcome=f"TURN_OUTCOME_{outcome}", **more)


def _get(session: str = "made", turn: str = "begun.turn") -> Call:
    return Call("GetTurn", id=f"${turn}.id", query={"session_id": f"${session}.id"})


def _list(**query: Json) -> Call:
    return Call("ListTurns", query={"session_id": "$made.id", **query})


_ENDED = {**_BEGUN, "ended": _end()}
_THREE = {
    **_ENDED,
    "second": _BEGIN,
    "failed": _end("FAILED", "second.turn", error="no model"),
    "third": _BEGIN,
}
_AGAIN = replace(_BEGIN, key="k1")

WORKERS = tuple(
    replace(case, over=("grpc", "cli"))
    for case in (
        Case(
            "a turn begun",
            _BEGIN,
            Answered(
                {
                    "turn": _RUNNING,
                    "runtime_agent": {
                        "session_id": "$made.id",
                        "agent_id": "$agent.id",
                        "capabilities": [{"ref": "current_time"}],
                        "system_prompt": "Be plain.",
                    },
                }
            ),
            _MADE,
        ),
        Case("a turn begun while one runs", _begin(worker="w2"), _IN_PROGRESS, _BEGUN),
        Case("a turn begun while the same worker's runs", _BEGIN, _IN_PROGRESS, _BEGUN),
        Case("a turn after a turn", _BEGIN, Answered({"turn": {**_RUNNING, "fencing_token": 2}}), _ENDED),
        Case(
            "the same turn begun again",
            _AGAIN,
            Answered({"turn": {"id": "$begun.turn.id"}}, replayed=True),
            {**_MADE, "begun": _AGAIN},
        ),
        Case(
            "the same turn begun again after its end",
            _AGAIN,
            Answered({"turn": {"id": "$begun.turn.id", "outcome": "completed"}}, replayed=True),
            {**_MADE, "begun": _AGAIN, "ended": _end(), "next": _BEGIN},
        ),
        Case(
            "another worker's turn begun again",
            replace(_begin(worker="w2"), key="k1"),
            Refused("ALREADY_EXISTS", "IDEMPOTENCY_KEY_REUSED"),
            {**_MADE, "begun": _AGAIN},
        ),
        Case("a turn of a session that never was", _begin(session_id=f"session_{_NEVER}"), _NO_SESSION),
        Case("a turn of another's session", _begin(session_id="$theirs.id"), _NO_SESSION, _THEIRS),
        Case(
            "a turn of an agent that was archived later",
            _BEGIN,
            Answered({"turn": _RUNNING}),
            {**_MADE, "gone": Call("DeleteAgent", id="$agent.id")},
        ),
        Case("a turn without a worker", _begin(worker=""), bad("REQUIRED_FIELD_MISSING", "worker"), _MADE),
        Case(
            "a turn begun in no session", _begin(session_id=""), bad("REQUIRED_FIELD_MISSING", "session_id")
        ),
        Case("a turn of an agent", _begin(session_id="$agent.id"), bad("INVALID_ID", "session_id")),
        Case("a lease too short", _begin(lease_seconds=4), bad("INVALID_FIELD", "lease_seconds"), _MADE),
        Case("a lease too long", _begin(lease_seconds=901), bad("LIMIT_EXCEEDED", "lease_seconds"), _MADE),
        Case("the longest lease", _begin(lease_seconds=900), Answered({"turn": _RUNNING}), _MADE),
        Case("a heartbeat", _beat(lease_seconds=5), Answered(_RUNNING), _BEGUN),
        Case(
            "a heartbeat of a turn to cancel",
            _beat(),
            Answered({**_RUNNING, "cancel_requested": True}),
            {**_BEGUN, "asked": _CANCEL},
        ),
        Case("a heartbeat with another token", _beat(fencing_token=2), _LOST, _BEGUN),
        Case(
            "a heartbeat with no token",
            _beat(fencing_token=0),
            bad("REQUIRED_FIELD_MISSING", "fencing_token"),
            _BEGUN,
        ),
        Case("a heartbeat of a turn that has ended", _beat(), _LOST, _ENDED),
        Case("a heartbeat of the turn before", _beat(), _LOST, {**_ENDED, "next": _BEGIN}),
        Case(
            "a heartbeat of a turn that never was",
            replace(_beat(), id=f"turn_{_NEVER}"),
            _NO_TURN,
            _BEGUN,
        ),
        Case("a heartbeat of no turn's id", replace(_beat(), id="$made.id"), bad("INVALID_ID", "id"), _BEGUN),
        Case(
            "a heartbeat in a session that was deleted",
            _beat(),
            _NO_SESSION,
            {**_BEGUN, "gone": Call("DeleteSession", id="$made.id")},
        ),
        Case("a heartbeat of another's turn", _beat(), _NO_SESSION, _THEIRS),
        Case(
            "a turn ended",
            _end(),
            Answered({"outcome": "completed", "error": None, "lease_expires_at": None, "fencing_token": 1}),
            _BEGUN,
        ),
        Case(
            "a turn failed",
            _end("FAILED", error="no model"),
            Answered({"outcome": "failed", "error": "no model"}),
            _BEGUN,
        ),
        Case(
            "a turn cancelled",
            _end("CANCELLED"),
            Answered({"outcome": "cancelled", "cancel_requested": True}),
            {**_BEGUN, "asked": _CANCEL},
        ),
        Case("a turn ended twice", _end(), Answered({"ended_at": "$ended.ended_at"}), _ENDED),
        Case(
            "a turn ended twice with a turn between",
            _end(),
            Answered({"ended_at": "$ended.ended_at"}),
            {**_ENDED, "next": _BEGIN},
        ),
        Case("a turn ended twice, otherwise", _end("FAILED"), _LOST, _ENDED),
        Case("a turn ended with another token", _end(fencing_token=7), _LOST, _BEGUN),
        Case("a turn ended that never was", replace(_end(), id=f"turn_{_NEVER}"), _NO_TURN, _BEGUN),
        Case("a turn ended of another's session", _end(), _NO_SESSION, _THEIRS),
        Case("an end without an outcome", _turn("EndTurn"), bad("REQUIRED_FIELD_MISSING", "outcome"), _BEGUN),
        Case("an end by expiry", _end("EXPIRED"), bad("INVALID_FIELD", "outcome"), _BEGUN),
        Case("an error of no failure", _end(error="why"), bad("INVALID_FIELD", "error"), _BEGUN),
        Case(
            "an error that is too long",
            _end("FAILED", error="x" * 1001),
            bad("LIMIT_EXCEEDED", "error"),
            _BEGUN,
        ),
        Case("a turn begun to write", replace(_BEGIN, authorization="$keys.writer"), _SCOPE, _MADE),
        Case("a heartbeat to write", replace(_beat(), authorization="$keys.writer"), _SCOPE, _BEGUN),
        Case("a turn ended to read", replace(_end(), authorization="$keys.reader"), _SCOPE, _BEGUN),
        Case("a turn begun to work", replace(_BEGIN, authorization="$keys.worker"), Answered(), _MADE),
    )
)
"""What only gRPC has."""

TURNS = (
    Case("a session with a turn", _SESSION, Answered({"status": "active"}), _BEGUN),
    Case("a session after a turn", _SESSION, Answered({"status": "idle"}), _ENDED),
    Case(
        "a session in its second turn", _SESSION, Answered({"status": "active"}), {**_ENDED, "next": _BEGIN}
    ),
    Case(
        "a session as its turn's end left it",
        _SESSION,
        Answered({"status": "idle", "updated_at": "$ended.ended_at"}),
        _ENDED,
    ),
    Case(
        "sessions by status",
        Call("ListSessions", query={"status": "active"}),
        Answered({"data": [{"id": "$made.id", "status": "active"}], "total": 1}),
        {**_BEGUN, "idle": Call("CreateSession", {"agent_id": "$agent.id"})},
    ),
    Case(
        "a change of a session while a turn runs",
        Call("UpdateSession", {"title": "two"}, "$made.id"),
        Answered({"title": "two", "status": "active"}),
        _BEGUN,
    ),
    Case("a session deleted while a turn runs", Call("DeleteSession", id="$made.id"), Answered(None), _BEGUN),
    Case("a turn to cancel", _CANCEL, Answered({"status": "cancelled"}), _BEGUN),
    Case("a turn to cancel twice", _CANCEL, Answered({"status": "cancelled"}), {**_BEGUN, "asked": _CANCEL}),
    Case(
        "a session whose turn is to cancel",
        _SESSION,
        Answered({"status": "active"}),
        {**_BEGUN, "asked": _CANCEL},
    ),
    Case("no turn to cancel", _CANCEL, Answered({"status": "no_op"}), _MADE),
    Case("no turn any more to cancel", _CANCEL, Answered({"status": "no_op"}), _ENDED),
    Case("a turn to cancel in no session", Call("CancelTurn", id=f"session_{_NEVER}"), _NO_SESSION),
    Case("a turn to cancel in another's session", Call("CancelTurn", id="$theirs.id"), _NO_SESSION, _THEIRS),
    Case("a turn to cancel in no session's id", Call("CancelTurn", id="$agent.id"), bad("INVALID_ID", "id")),
    Case("a turn to cancel to read", replace(_CANCEL, authorization="$keys.reader"), _SCOPE, _BEGUN),
    Case("a turn to cancel to work", replace(_CANCEL, authorization="$keys.worker"), _SCOPE, _BEGUN),
    Case("a turn that runs", _get(), Answered({**_RUNNING, "id": "$begun.turn.id"}), _BEGUN),
    Case(
        "a turn that failed",
        _get(turn="second.turn"),
        Answered({"outcome": "failed", "error": "no model"}),
        _THREE,
    ),
    Case("a turn to read", replace(_get(), authorization="$keys.reader"), Answered(), _BEGUN),
    Case("a turn to read to work", replace(_get(), authorization="$keys.worker"), _SCOPE, _BEGUN),
    Case("a turn that never was", replace(_get(), id=f"turn_{_NEVER}"), _NO_TURN, _MADE),
    Case(
        "a turn of no session",
        replace(_get(), query={"session_id": f"session_{_NEVER}"}),
        _NO_SESSION,
        _BEGUN,
    ),
    Case(
        "a turn of another session",
        _get("else"),
        _NO_TURN,
        {**_BEGUN, "else": Call("CreateSession", {"agent_id": "$agent.id"})},
    ),
    Case("another's turn", _get("theirs"), _NO_SESSION, _THEIRS),
    Case("a turn by no turn's id", replace(_get(), id="$made.id"), bad("INVALID_ID", "id"), _BEGUN),
    Case(
        "no turns", _list(), Answered({"data": [], "total": 0, "limit": 20, "next_page_token": None}), _MADE
    ),
    Case(
        "all turns, the newest first",
        _list(),
        Answered(
            {
                "data": [
                    {"id": "$third.turn.id", "outcome": None, "fencing_token": 3},
                    {"id": "$second.turn.id", "outcome": "failed", "worker": "w1"},
                    {"id": "$begun.turn.id", "outcome": "completed", "fencing_token": 1},
                ],
                "total": 3,
                "offset": 0,
            }
        ),
        _THREE,
    ),
    Case(
        "the page of turns after, by token",
        _list(limit=2, page_token="$page.next_page_token"),
        Answered({"data": [{"id": "$begun.turn.id"}], "total": 3, "next_page_token": None}),
        {**_THREE, "page": _list(limit=2)},
    ),
    Case(
        "a page of turns from an offset",
        _list(limit=1, offset=1),
        Answered({"data": [{"id": "$second.turn.id"}], "total": 3, "offset": 1, "limit": 1}),
        _THREE,
    ),
    Case(
        "another session's page token",
        Call("ListTurns", query={"session_id": "$else.id", "page_token": "$page.next_page_token"}),
        bad("INVALID_PAGE_TOKEN", "page_token"),
        {**_THREE, "page": _list(limit=2), "else": Call("CreateSession", {"agent_id": "$agent.id"})},
    ),
    Case("turns of no session", Call("ListTurns", query={"session_id": f"session_{_NEVER}"}), _NO_SESSION),
    Case("another's turns", Call("ListTurns", query={"session_id": "$theirs.id"}), _NO_SESSION, _THEIRS),
    Case(
        "turns of a session that was deleted",
        _list(),
        _NO_SESSION,
        {**_ENDED, "gone": Call("DeleteSession", id="$made.id")},
    ),
)
"""What all transports have."""
