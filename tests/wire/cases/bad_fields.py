"""Requests with fields that keep to no limit."""

from __future__ import annotations

from tests.wire.cases.case import Case, bad
from tests.wire.harness.call import Call
from tests.wire.harness.json_value import Json, JsonObject


def _session(**fields: Json) -> Call:
    return Call("CreateSession", {"agent_id": "$agent.id", **fields})


def _agent(**fields: Json) -> Call:
    body: JsonObject = {"name": "new", "system_prompt": "Be new.", **fields}
    return Call("ApplyAgent", body)


def _list(**query: Json) -> Call:
    return Call("ListSessions", query=query)


_MADE = {"made": Call("CreateSession", {"agent_id": "$agent.id"})}
_THREE = {str(number): Call("CreateSession", {"agent_id": "$agent.id"}) for number in range(3)}

NEW_SESSIONS = (
    Case("a session of no agent", Call("CreateSession", {}), bad("REQUIRED_FIELD_MISSING", "agent_id")),
    Case(
        "a session of an agent by id and by name",
        _session(agent_name="plain"),
        bad("INVALID_FIELD", "agent_name"),
    ),
    Case("an id without a prefix", _session(agent_id="1"), bad("INVALID_ID", "agent_id")),
    Case("an id of another kind", _session(agent_id="session_" + "0" * 32), bad("INVALID_ID", "agent_id")),
    Case("an id one digit short", _session(agent_id="agent_" + "0" * 31), bad("INVALID_ID", "agent_id")),
    Case("an id with another letter", _session(agent_id="agent_" + "g" * 32), bad("INVALID_ID", "agent_id")),
    Case("an empty title", _session(title=""), bad("INVALID_FIELD", "title")),
    Case("a title of 501 characters", _session(title="é" * 501), bad("LIMIT_EXCEEDED", "title")),
    Case("a title with NUL", _session(title="a\0b"), bad("INVALID_FIELD", "title")),
    Case("51 tags", _session(tags=[str(n) for n in range(51)]), bad("LIMIT_EXCEEDED", "tags")),
    Case("an empty tag", _session(tags=["a", ""]), bad("INVALID_FIELD", "tags[1]")),
    Case("a tag of 101 characters", _session(tags=["x" * 101]), bad("LIMIT_EXCEEDED", "tags[0]")),
    Case("an empty model id", _session(model_id=""), bad("INVALID_FIELD", "model_id")),
    Case("a model id with a space", _session(model_id="gpt 4"), bad("INVALID_FIELD", "model_id")),
    Case(
        "101 capabilities",
        _session(capabilities=[{"ref": f"c{n}"} for n in range(101)]),
        bad("LIMIT_EXCEEDED", "capabilities"),
    ),
    Case(
        "everything wrong at once",
        _session(agent_id="x", title="", tags=[""], model_id="?", capabilities=["A"]),
        bad(
            "INVALID_ID",
            "agent_id",
            ("title", "INVALID_FIELD"),
            ("tags[0]", "INVALID_FIELD"),
            ("model_id", "INVALID_FIELD"),
            ("capabilities[0].ref", "INVALID_FIELD"),
        ),
    ),
)
"""Bodies of a new session that are refused."""

FIELDS = (
    *NEW_SESSIONS,
    Case(
        "an idempotency key of 256 characters",
        Call("CreateSession", {"agent_id": "$agent.id"}, key="k" * 256),
        bad("INVALID_FIELD", "request_id"),
    ),
    Case("an id that is none", Call("GetSession", id="session_1"), bad("INVALID_ID", "id")),
    Case("an agent's id for a session", Call("GetSession", id="$agent.id"), bad("INVALID_ID", "id")),
    Case("deletion of an id that is none", Call("DeleteSession", id="x"), bad("INVALID_ID", "id")),
    Case("runtime of an id that is none", Call("GetRuntimeAgent", id="x"), bad("INVALID_ID", "id")),
    Case("change of an id that is none", Call("UpdateSession", {"title": "t"}, "x"), bad("INVALID_ID", "id")),
    Case("a pin of an id that is none", Call("PinSession", id="x"), bad("INVALID_ID", "id")),
    Case("an unpin of an id that is none", Call("UnpinSession", id="$agent.id"), bad("INVALID_ID", "id")),
    Case("no id to pin", Call("PinSession"), bad("REQUIRED_FIELD_MISSING", "id"), over=("grpc", "cli")),
    Case("no id to unpin", Call("UnpinSession"), bad("REQUIRED_FIELD_MISSING", "id"), over=("grpc", "cli")),
    Case(
        "counts of a bad agent id",
        Call("GetSessionStats", query={"agent_id": "agent_1"}),
        bad("INVALID_ID", "agent_id"),
    ),
    Case(
        "times that are none",
        _list(created_after="yesterday", created_before="2026-02-30T00:00:00Z"),
        bad("INVALID_FIELD", "created_after", "created_before"),
        over=("rest", "cli"),
    ),
    Case(
        "a time without its zone",
        _list(created_before="2026-01-31T00:00:00"),
        bad("INVALID_FIELD", "created_before"),
        over=("rest", "cli"),
    ),
    Case(
        "a time before all years",
        _list(created_after="0000-12-31T23:59:59Z"),
        bad("INVALID_FIELD", "created_after"),
        over=("rest", "cli"),
    ),
    Case("no id", Call("GetSession"), bad("REQUIRED_FIELD_MISSING", "id"), over=("grpc", "cli")),
    Case(
        "no agent at all", Call("CreateAgent"), bad("REQUIRED_FIELD_MISSING", "agent"), over=("grpc", "cli")
    ),
    Case(
        "no session at all", Call("CreateSession"), bad("REQUIRED_FIELD_MISSING", "session"), over=("grpc",)
    ),
    Case(
        "another agent for a session",
        Call("UpdateSession", {"agent_id": "$agent.id"}, "$made.id"),
        bad("IMMUTABLE_FIELD", "agent_id"),
        _MADE,
    ),
    Case(
        "an agent of another name for a session",
        Call("UpdateSession", {"agent_name": "plain", "title": "t"}, "$made.id"),
        bad("IMMUTABLE_FIELD", "agent_name"),
        _MADE,
    ),
    Case(
        "a title made empty",
        Call("UpdateSession", {"title": ""}, "$made.id"),
        bad("INVALID_FIELD", "title"),
        _MADE,
    ),
    Case(
        "an agent's id changed",
        Call("UpdateAgent", {"id": "$agent.id"}, "$agent.id"),
        bad("IMMUTABLE_FIELD", "id"),
        # On a command line there is one `id`.
        over=("grpc", "rest"),
    ),
    Case(
        "an agent's name cleared",
        Call("UpdateAgent", {"name": None, "system_prompt": None}, "$agent.id"),
        bad("REQUIRED_FIELD_MISSING", "name", "system_prompt"),
    ),
    Case("an agent of no name", _agent(name=""), bad("REQUIRED_FIELD_MISSING", "name")),
    Case("an agent of no prompt", _agent(system_prompt=None), bad("REQUIRED_FIELD_MISSING", "system_prompt")),
    Case("a name of 2049 bytes", _agent(name="é" * 1024 + "x"), bad("LIMIT_EXCEEDED", "name")),
    Case("a prompt above 1 MiB", _agent(system_prompt="x" * 1048577), bad("LIMIT_EXCEEDED", "system_prompt")),
    Case("a description above 10 KiB", _agent(description="x" * 10241), bad("LIMIT_EXCEEDED", "description")),
    Case("an empty display name", _agent(display_name=""), bad("INVALID_FIELD", "display_name")),
    Case("no iterations", _agent(max_iterations=0), bad("INVALID_FIELD", "max_iterations")),
    Case("1001 iterations", _agent(max_iterations=1001), bad("LIMIT_EXCEEDED", "max_iterations")),
    Case("an agent's id of its own kind", _agent(id="session_" + "0" * 32), bad("INVALID_ID", "id")),
    Case(
        "251 capabilities of an agent",
        _agent(capabilities=[f"c{n}" for n in range(251)]),
        bad("LIMIT_EXCEEDED", "capabilities"),
    ),
    Case("a negative limit", _list(limit=-1), bad("INVALID_FIELD", "page_size")),
    Case("a negative offset", _list(offset=-1), bad("INVALID_FIELD", "skip")),
    Case("a search of 201 characters", _list(search="x" * 201), bad("LIMIT_EXCEEDED", "search")),
    Case("51 tags to filter by", _list(tags=[str(n) for n in range(51)]), bad("LIMIT_EXCEEDED", "tags")),
    Case("a filter by a bad agent id", _list(agent_id="agent_1"), bad("INVALID_ID", "agent_id")),
    Case("a token that is none", _list(page_token="?"), bad("INVALID_PAGE_TOKEN", "page_token")),
    Case(
        "a token of another filter",
        _list(page_token="$page.next_page_token", status="idle"),
        bad("INVALID_PAGE_TOKEN", "page_token"),
        {**_THREE, "page": _list(limit=1)},
    ),
    Case(
        "a token of another time",
        _list(page_token="$page.next_page_token", created_after="2020-01-01T00:00:00Z"),
        bad("INVALID_PAGE_TOKEN", "page_token"),
        {**_THREE, "page": _list(limit=1, created_after="2020-01-01T00:00:00.000001Z")},
    ),
    Case(
        "a token of all for what is pinned",
        _list(page_token="$page.next_page_token", pinned=True),
        bad("INVALID_PAGE_TOKEN", "page_token"),
        {**_THREE, "page": _list(limit=1)},
    ),
    Case(
        "a token of another list",
        Call("ListAgents", query={"page_token": "$page.next_page_token"}),
        bad("INVALID_PAGE_TOKEN", "page_token"),
        {**_THREE, "page": _list(limit=1)},
    ),
    Case(
        "a token of another organization",
        Call(
            "ListSessions", query={"page_token": "$page.next_page_token"}, authorization="$other.keys.owner"
        ),
        bad("INVALID_PAGE_TOKEN", "page_token"),
        {**_THREE, "page": _list(limit=1)},
    ),
    Case(
        "a negative limit of agents",
        Call("ListAgents", query={"limit": -1}),
        bad("INVALID_FIELD", "page_size"),
    ),
    Case(
        "a negative limit of capabilities",
        Call("ListCapabilities", query={"limit": -5}),
        bad("INVALID_FIELD", "page_size"),
    ),
    Case("a capability's id that is none", Call("GetCapability", id="Web Fetch"), bad("INVALID_FIELD", "id")),
)
"""Requests that are refused for a field's form or limit."""
