"""Lists of sessions."""

from __future__ import annotations

from tests.wire.cases.case import Answered, Case
from tests.wire.harness.call import Call
from tests.wire.harness.json_value import Json


def _create(**fields: Json) -> Call:
    return Call("CreateSession", {"agent_id": "$agent.id", **fields})


def _list(**query: Json) -> Call:
    return Call("ListSessions", query=query)


_THREE = {
    "a": _create(title="Alpha Straße", tags=["red", "round"]),
    "b": _create(title="Beta 100%_", tags=["red"]),
    "c": _create(),
}
_EMPTY: dict[str, Json] = {"data": [], "total": 0, "offset": 0, "limit": 20, "next_page_token": None}

LISTS = (
    Case("no sessions", _list(), Answered(_EMPTY)),
    Case(
        "all sessions, the newest first",
        _list(),
        Answered({**_EMPTY, "data": [{"id": "$c.id"}, {"id": "$b.id"}, {"id": "$a.id"}], "total": 3}),
        _THREE,
    ),
    Case(
        "nobody else's sessions",
        Call("ListSessions", authorization="$other.keys.owner"),
        Answered(_EMPTY),
        _THREE,
    ),
    Case("at most 100 sessions", _list(limit=1000), Answered({"limit": 100})),
    *(
        Case(f"{rpc} with a limit of {limit}", Call(rpc, query={"limit": limit}), Answered({"limit": 100}))
        for rpc in ("ListSessions", "ListAgents", "ListCapabilities", "ListModels")
        for limit in (100, 101)
    ),
    Case("a limit of 0 is the default", _list(limit=0), Answered({"limit": 20})),
    Case(
        "the first page",
        _list(limit=2),
        Answered({"data": [{"id": "$c.id"}, {"id": "$b.id"}], "total": 3, "limit": 2}),
        _THREE,
    ),
    Case(
        "the page after, by token",
        _list(limit=2, page_token="$page.next_page_token"),
        Answered({"data": [{"id": "$a.id"}], "total": 3, "next_page_token": None}),
        {**_THREE, "page": _list(limit=2)},
    ),
    Case(
        "the page after, while sessions come and go",
        _list(limit=2, page_token="$page.next_page_token"),
        Answered({"data": [{"id": "$a.id"}], "total": 3, "next_page_token": None}),
        {**_THREE, "page": _list(limit=2), "d": _create(), "gone": Call("DeleteSession", id="$c.id")},
    ),
    Case(
        "a page from an offset",
        _list(limit=1, offset=2),
        Answered({"data": [{"id": "$a.id"}], "total": 3, "offset": 2, "limit": 1, "next_page_token": None}),
        _THREE,
    ),
    Case("beyond the end", _list(offset=50), Answered({"data": [], "total": 3, "offset": 50}), _THREE),
    Case(
        "an offset beyond all numbers of rows",
        _list(offset=2**31 - 1),
        Answered({"data": [], "total": 3}),
        _THREE,
    ),
    Case("of an agent", _list(agent_id="$agent.id"), Answered({"total": 3}), _THREE),
    Case("of an agent that never was", _list(agent_id="agent_" + "0" * 32), Answered(_EMPTY), _THREE),
    Case("of another's agent", _list(agent_id="$other.agent.id"), Answered(_EMPTY), _THREE),
    Case(
        "by a tag",
        _list(tags=["red"]),
        Answered({"data": [{"id": "$b.id"}, {"id": "$a.id"}], "total": 2}),
        _THREE,
    ),
    Case(
        "by two tags", _list(tags=["round", "red"]), Answered({"data": [{"id": "$a.id"}], "total": 1}), _THREE
    ),
    Case(
        "by a title in any case",
        _list(search="STRASSE"),
        Answered({"data": [{"id": "$a.id"}], "total": 1}),
        _THREE,
    ),
    Case(
        "by a title with signs", _list(search="%_"), Answered({"data": [{"id": "$b.id"}], "total": 1}), _THREE
    ),
    Case("by a status that some have", _list(status="started"), Answered({"total": 3}), _THREE),
    Case("by a status that none has", _list(status="idle"), Answered(_EMPTY), _THREE),
    Case(
        "created at a time or later",
        _list(created_after="$b.created_at"),
        Answered({"data": [{"id": "$c.id"}, {"id": "$b.id"}], "total": 2}),
        _THREE,
    ),
    Case(
        "created before a time, not at it",
        _list(created_before="$b.created_at"),
        Answered({"data": [{"id": "$a.id"}], "total": 1}),
        _THREE,
    ),
    Case(
        "created between two times, of an agent, by title, tag and status",
        _list(
            created_after="2020-01-31T12:00:00.123456789+02:00",
            created_before="9999-12-31T23:59:59.999999999Z",
            agent_id="$agent.id",
            status="started",
            search="a",
            tags=["red"],
            limit=1,
        ),
        Answered({"data": [{"id": "$b.id"}], "total": 2}),
        _THREE,
    ),
    Case(
        "between two times that are the wrong way round",
        _list(created_after="$c.created_at", created_before="$a.created_at"),
        Answered(_EMPTY),
        _THREE,
    ),
    Case("before there were any", _list(created_before="0001-01-01T00:00:00Z"), Answered(_EMPTY), _THREE),
    Case(
        "the page after, by token, from a time on",
        _list(limit=1, created_after="$b.created_at", page_token="$page.next_page_token"),
        Answered({"data": [{"id": "$b.id"}], "total": 2, "next_page_token": None}),
        {**_THREE, "page": _list(limit=1, created_after="$b.created_at")},
    ),
    Case(
        "what the key has pinned",
        _list(pinned=True),
        Answered({"data": [{"id": "$b.id", "is_pinned": True}], "total": 1}),
        {**_THREE, "pin": Call("PinSession", id="$b.id")},
    ),
    Case(
        "not what another key has pinned",
        _list(pinned=True),
        Answered(_EMPTY),
        {**_THREE, "pin": Call("PinSession", id="$b.id", authorization="$keys.admin")},
    ),
    Case(
        "all, with what the key has pinned",
        _list(pinned=False),
        Answered({"data": [{"is_pinned": False}, {"is_pinned": True}, {"is_pinned": False}], "total": 3}),
        {**_THREE, "pin": Call("PinSession", id="$b.id")},
    ),
    Case(
        "without the deleted",
        _list(),
        Answered({"total": 2}),
        {**_THREE, "gone": Call("DeleteSession", id="$b.id")},
    ),
)
"""What lists of sessions hold."""

_NONE: dict[str, Json] = {"total": 0, "started": 0, "active": 0, "idle": 0}

STATS = (
    Case("counts of no sessions", Call("GetSessionStats"), Answered(_NONE)),
    Case(
        "counts of all sessions",
        Call("GetSessionStats"),
        Answered({**_NONE, "total": 2, "started": 2}),
        {**_THREE, "gone": Call("DeleteSession", id="$b.id")},
    ),
    Case(
        "counts of an agent's sessions",
        Call("GetSessionStats", query={"agent_id": "$agent.id"}),
        Answered({**_NONE, "total": 3, "started": 3}),
        _THREE,
    ),
    Case(
        "counts of an agent without sessions",
        Call("GetSessionStats", query={"agent_id": "agent_" + "0" * 32}),
        Answered(_NONE),
        _THREE,
    ),
    Case(
        "counts of another's agent",
        Call("GetSessionStats", query={"agent_id": "$agent.id"}, authorization="$other.keys.owner"),
        Answered(_NONE),
        _THREE,
    ),
)
"""How many sessions there are."""
