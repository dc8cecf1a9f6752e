"""What callers do with agents and the catalog, and get."""

from __future__ import annotations

from tests.wire.cases.case import Answered, Case
from tests.wire.harness.call import Call
from tests.wire.harness.json_value import Json, JsonObject

_LEAST: JsonObject = {"name": "new", "system_prompt": "Be new."}
_UNSET: JsonObject = {
    "display_name": None,
    "description": None,
    "default_model_id": None,
    "tags": [],
    "capabilities": [],
    "max_iterations": 100,
}
_FULL: JsonObject = {
    "name": "new",
    "system_prompt": "Be full.",
    "display_name": "New one",
    "description": "For cases.",
    "default_model_id": "gpt-4o",
    "tags": ["b", "a"],
    "capabilities": [{"ref": "web_fetch", "config": {"timeout_ms": 1000}}],
    "max_iterations": 7,
}
_ALWAYS: JsonObject = {
    "organization_id": "$org",
    "status": "active",
    "harness_id": "harness_00000000000000000000000000000001",
}
_CHOSEN = "agent_" + "0123456789abcdef" * 2
_NEW = {"new": Call("ApplyAgent", _FULL)}
_GONE = {"gone": Call("DeleteAgent", id="$agent.id")}
_THEIRS = {"theirs": Call("ApplyAgent", {**_LEAST, "id": _CHOSEN}, authorization="$other.keys.owner")}


def _change(**changes: Json) -> Call:
    return Call("UpdateAgent", changes, "$new.id")


AGENTS = (
    Case(
        "the least agent", Call("ApplyAgent", _LEAST), Answered({**_LEAST, **_UNSET, **_ALWAYS}, created=True)
    ),
    Case("a full agent", Call("ApplyAgent", _FULL), Answered({**_FULL, **_ALWAYS}, created=True)),
    Case(
        "an agent that is only created",
        Call("CreateAgent", _FULL),
        Answered({**_FULL, **_ALWAYS}, created=True),
        over=("grpc", "cli"),
    ),
    Case(
        "an agent of a chosen id, with hyphens",
        Call("ApplyAgent", {**_LEAST, "id": "agent_01234567-89AB-CDEF-0123-456789ABCDEF"}),
        Answered({**_LEAST, "id": _CHOSEN}, created=True),
    ),
    Case(
        "an agent put at an id", Call("ApplyAgent", _LEAST, _CHOSEN), Answered({"id": _CHOSEN}, created=True)
    ),
    Case(
        "an id that another organization has",
        Call("ApplyAgent", _LEAST, _CHOSEN),
        Answered({**_ALWAYS, "id": _CHOSEN}, created=True),
        _THEIRS,
    ),
    Case(
        "an agent again, by name",
        Call("ApplyAgent", _LEAST),
        Answered({"id": "$new.id", **_LEAST, **_UNSET, "created_at": "$new.created_at"}),
        _NEW,
    ),
    Case(
        "an agent again, by id",
        Call("ApplyAgent", {"name": "newer", "system_prompt": "p"}, "$new.id"),
        Answered({"id": "$new.id", "name": "newer"}),
        _NEW,
    ),
    Case(
        "an archived agent brought back",
        Call("ApplyAgent", {"name": "back", "system_prompt": "p"}, "$agent.id"),
        Answered({"id": "$agent.id", "status": "active"}),
        _GONE,
    ),
    Case(
        "a name that is free again",
        Call("ApplyAgent", {"name": "plain", "system_prompt": "p"}),
        Answered(created=True),
        _GONE,
    ),
    Case(
        "the same agent again",
        Call("ApplyAgent", _LEAST, key="k1"),
        Answered({"id": "$first.id", "updated_at": "$first.updated_at"}, created=True, replayed=True),
        {"first": Call("ApplyAgent", _LEAST, key="k1")},
    ),
    Case("an agent", Call("GetAgent", id="$new.id"), Answered({**_FULL, **_ALWAYS}), _NEW),
    Case(
        "an archived agent",
        Call("GetAgent", id="$agent.id"),
        Answered({"status": "archived", "name": "plain"}),
        _GONE,
    ),
    Case("an agent deleted", Call("DeleteAgent", id="$agent.id"), Answered(None)),
    Case(
        "a change of one field of an agent", _change(name="newer"), Answered({**_FULL, "name": "newer"}), _NEW
    ),
    Case(
        "everything of an agent that can be cleared",
        _change(**dict.fromkeys(_UNSET)),
        Answered({**_LEAST, **_UNSET, "system_prompt": "Be full."}),
        _NEW,
    ),
    Case("no change of an agent", _change(), Answered({**_FULL, "updated_at": "$new.updated_at"}), _NEW),
    Case(
        "agents, the newest first",
        Call("ListAgents"),
        Answered(
            {
                "data": [{"id": "$new.id"}, {"id": "$agent.id"}],
                "total": 2,
                "offset": 0,
                "limit": 20,
                "next_page_token": None,
            }
        ),
        _NEW,
    ),
    Case(
        "agents by a text",
        Call("ListAgents", query={"search": "NEW ONE"}),
        Answered({"data": [{"id": "$new.id"}], "total": 1}),
        _NEW,
    ),
    Case("agents without the archived", Call("ListAgents"), Answered({"data": [], "total": 0}), _GONE),
    Case(
        "agents with the archived",
        Call("ListAgents", query={"include_archived": True}),
        Answered({"data": [{"id": "$agent.id", "status": "archived"}], "total": 1}),
        _GONE,
    ),
)
"""What is answered about agents."""

CATALOG = (
    Case(
        "a capability",
        Call("GetCapability", id="web_fetch"),
        Answered(
            {
                "id": "web_fetch",
                "status": "available",
                "dependencies": [],
                "features": [],
                "conflicts_with": [],
                "default_config": {"timeout_ms": 30000},
                "config_schema": {
                    "properties": {"timeout_ms": {"minimum": 1, "maximum": 300000, "default": 30000}}
                },
            }
        ),
    ),
    Case(
        "a capability with almost nothing",
        Call("GetCapability", id="night"),
        Answered(
            {
                "icon": None,
                "category": None,
                "system_prompt": None,
                "tool_definitions": [],
                "default_config": {},
            }
        ),
    ),
    Case("a capability to come", Call("GetCapability", id="research"), Answered({"status": "coming_soon"})),
    Case(
        "an operator's capability",
        Call("GetCapability", id="old"),
        Answered({"status": "deprecated", "features": ["nostalgia"]}),
    ),
    Case(
        "a capability and its needs",
        Call("GetCapability", id="virtual_bash"),
        Answered({"dependencies": ["session_file_system"]}),
    ),
    Case(
        "capabilities by a text",
        Call("ListCapabilities", query={"search": "TEST_WEATHER"}),
        Answered(
            {
                "data": [{"id": "test_weather"}],
                "items": [{"id": "test_weather"}],
                "total": 1,
                "offset": 0,
                "limit": 20,
            }
        ),
    ),
    Case(
        "capabilities from an offset, by id",
        Call("ListCapabilities", query={"search": "test_", "offset": 1, "limit": 1}),
        Answered(
            {"data": [{"id": "test_weather"}], "total": 2, "offset": 1, "limit": 1, "next_page_token": None}
        ),
    ),
    Case(
        "at most 100 capabilities",
        Call("ListCapabilities", query={"limit": 1000}),
        Answered({"limit": 100, "offset": 0}),
    ),
)
"""What is answered about the catalog."""
