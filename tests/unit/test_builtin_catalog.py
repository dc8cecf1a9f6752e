"""The built-in capabilities are those of the contract, and their schemas say what they should."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import server.catalog
from server.catalog.load import load_catalog
from server.core.catalog import Capability, CapabilityStatus, Tool
from server.core.json import JsonObject, JsonValue
from server.core.schema import Schema, dotted

CATALOG = load_catalog(None)
FILES = sorted(Path(server.catalog.__file__).parent.glob("*.toml"))

# id: features, what it depends on, tools.
CONTRACT: dict[str, tuple[str, str, str]] = {
    "agent_instructions": ("", "", ""),
    "current_time": ("", "", "get_current_time"),
    "noop": ("", "", ""),
    "openui": ("openui", "", ""),
    "platform_management": ("", "", "list_capabilities manage_agents manage_sessions"),
    "research": ("", "", ""),
    "sample_data": ("file_system", "session_file_system", ""),
    "session": ("", "", "get_session_info write_session_title"),
    "session_file_system": (
        "file_system",
        "",
        "read_file write_file edit_file list_directory grep_files delete_file stat_file",
    ),
    "session_schedule": ("schedules", "", "create_schedule cancel_schedule list_schedules"),
    "session_sql_database": ("sql_database", "", "sql_query sql_execute sql_schema"),
    "session_storage": ("secrets key_value", "", "kv_store secret_store"),
    "skills": ("", "session_file_system", "list_skills activate_skill"),
    "stateless_todo_list": ("", "", "write_todos"),
    "test_math": ("", "", "add subtract multiply divide"),
    "test_weather": ("", "", "get_weather get_forecast"),
    "virtual_bash": ("file_system", "session_file_system", "bash"),
    "web_fetch": ("", "", "web_fetch"),
}
WITHOUT_PROMPT = {"current_time", "noop", "research", "sample_data", "session", "test_math", "test_weather"}
WITH_CONFIG = {
    "current_time": {"timezone"},
    "virtual_bash": {"timeout_ms", "working_dir"},
    "web_fetch": {"timeout_ms", "allowed_hosts", "blocked_hosts", "max_bytes"},
}

AGENT = "agent_0192f3a17c5e7d3e8f0a1b2c3d4e5f60"
SESSION = "session_01234567-89ab-cdef-0123-456789abcdef"
PAIR: JsonObject = {"a": 1, "b": 2.5}

# A call that each tool takes, and one that it refuses with the path of what is wrong.
CALLS: dict[str, tuple[JsonObject, JsonObject, tuple[str | int, ...]]] = {
    "get_current_time": ({"timezone": "Europe/Madrid", "format": "human"}, {"format": "rfc822"}, ("format",)),
    "web_fetch": (
        {"url": "https://example.com/?q=1", "method": "HEAD", "as_markdown": True, "as_text": False},
        {"url": "ftp://example.com"},
        ("url",),
    ),
    "read_file": ({"path": "/a.txt", "offset": 1, "limit": 10}, {"path": "a.txt"}, ("path",)),
    "write_file": ({"path": "/a.txt", "content": "", "encoding": "base64"}, {"path": "/a"}, ("content",)),
    "edit_file": (
        {"path": "/a.txt", "old_text": "a", "new_text": "", "replace_all": True},
        {"path": "/a.txt", "old_text": "", "new_text": "a"},
        ("old_text",),
    ),
    "list_directory": ({"path": "/docs", "recursive": True}, {"recursive": "yes"}, ("recursive",)),
    "grep_files": (
        {"pattern": "a+", "path": "/", "include": "*.md", "ignore_case": True, "max_results": 5},
        {"pattern": ""},
        ("pattern",),
    ),
    "delete_file": ({"path": "/docs", "recursive": True}, {"path": "/"}, ("path",)),
    "stat_file": ({"path": "/"}, {}, ("path",)),
    "bash": (
        {"command": "ls", "working_dir": "/docs", "timeout": 1000},
        {"command": "ls", "timeout": 0},
        ("timeout",),
    ),
    "kv_store": ({"action": "set", "key": "k", "value": "v"}, {"action": "put"}, ("action",)),
    "secret_store": (
        {"action": "set", "name": "A_TOKEN", "value": "v"},
        {"action": "get", "name": "a b"},
        ("name",),
    ),
    "create_schedule": (
        {"prompt": "Report.", "cron": "0 9 * * 1-5", "timezone": "UTC", "description": "Daily."},
        {"prompt": "Report.", "run_at": "tomorrow"},
        ("run_at",),
    ),
    "cancel_schedule": ({"schedule_id": "s1"}, {}, ("schedule_id",)),
    "list_schedules": ({"include_finished": True}, {"include_finished": 1}, ("include_finished",)),
    "sql_query": (
        {"sql": "SELECT ?", "params": ["a", 1, None, True], "max_rows": 5},
        {"sql": "SELECT 1", "params": [[]]},
        ("params", 0),
    ),
    "sql_execute": ({"sql": "DELETE FROM t WHERE id = ?", "params": [1]}, {"sql": ""}, ("sql",)),
    "sql_schema": ({"table": "t"}, {"table": 1}, ("table",)),
    "get_session_info": ({}, {"id": 1}, ("id",)),
    "write_session_title": ({"title": "A trip to Lisbon"}, {"title": "two\nlines"}, ("title",)),
    "list_skills": ({}, {"name": "a"}, ("name",)),
    "activate_skill": ({"name": "invoices"}, {}, ("name",)),
    "write_todos": (
        {"todos": [{"content": "Do it.", "status": "in_progress", "active_form": "Doing it."}]},
        {"todos": [{"content": "Do it.", "status": "done"}]},
        ("todos", 0, "status"),
    ),
    "list_capabilities": ({"search": "web", "limit": 5, "offset": 0}, {"limit": 101}, ("limit",)),
    "manage_agents": (
        {"action": "update", "agent_id": AGENT, "capabilities": [{"ref": "web_fetch", "config": {"a": 1}}]},
        {"action": "get", "agent_id": SESSION},
        ("agent_id",),
    ),
    "manage_sessions": (
        {"action": "update", "session_id": SESSION, "title": "Trip", "tags": ["a"], "capabilities": []},
        {"action": "create", "agent_id": AGENT, "capabilities": [{"reff": "noop"}]},
        ("capabilities", 0, "ref"),
    ),
    "add": (PAIR, {"a": 1}, ("b",)),
    "subtract": (PAIR, {"a": "1", "b": 1}, ("a",)),
    "multiply": (PAIR, {"b": 1}, ("a",)),
    "divide": (PAIR, {"a": 1, "b": None}, ("b",)),
    "get_weather": (
        {"location": "Lisbon", "unit": "celsius"},
        {"location": "Lisbon", "unit": "K"},
        ("unit",),
    ),
    "get_forecast": ({"location": "Lisbon", "days": 14}, {"location": "Lisbon", "days": 15}, ("days",)),
}
TOOLS = {tool.name: tool for capability in CATALOG for tool in capability.tools}


def capability(id: str) -> Capability:
    found = CATALOG.get(id)
    assert found is not None
    return found


def said(id: str, config: JsonObject) -> list[str]:
    """What is wrong with a config, as `path message`."""
    return [f"{dotted(problem.path)} {problem.message}" for problem in CATALOG.config_problems(id, config)]


def test_the_ids_are_the_contracts() -> None:
    assert [each.id for each in CATALOG] == list(CONTRACT)


@pytest.mark.parametrize("id", CONTRACT)
def test_features_dependencies_and_tools_are_the_contracts(id: str) -> None:
    features, dependencies, tools = CONTRACT[id]
    found = capability(id)
    assert found.features == tuple(features.split())
    assert found.dependencies == tuple(dependencies.split())
    assert [tool.name for tool in found.tools] == tools.split()
    assert found.conflicts_with == ()


def test_research_alone_is_coming_soon() -> None:
    unavailable = {each.id: each.status for each in CATALOG if each.status is not CapabilityStatus.AVAILABLE}
    assert unavailable == {"research": CapabilityStatus.COMING_SOON}


def test_each_file_is_named_for_its_capability() -> None:
    assert [path.stem for path in FILES] == list(CONTRACT)
    for path in FILES:
        assert f'id = "{path.stem}"\n' in path.read_text(encoding="utf-8")


def test_people_are_told_what_each_is() -> None:
    names = [each.name for each in CATALOG]
    assert len(set(names)) == len(names)
    for each in CATALOG:
        assert each.description.endswith(".")
        assert re.fullmatch(r"[a-z]+", each.icon or "")
        assert each.category


def test_the_model_is_told_where_it_helps() -> None:
    prompts = {each.id: each.system_prompt for each in CATALOG if each.system_prompt is not None}
    assert set(prompts) == set(CONTRACT) - WITHOUT_PROMPT
    for prompt in prompts.values():
        assert prompt == prompt.strip()
        assert "\n" not in prompt
        assert 100 <= len(prompt) <= 600


def test_tool_names_are_unique_in_the_whole_catalog() -> None:
    assert len(TOOLS) == sum(len(each.tools) for each in CATALOG)


@pytest.mark.parametrize("id", CONTRACT)
def test_defaults_are_few_and_satisfy_their_schema(id: str) -> None:
    default = capability(id).default_config
    assert default == ({"timeout_ms": 30000} if id == "web_fetch" else {})
    assert CATALOG.config_problems(id, default) == []


@pytest.mark.parametrize("id", CONTRACT)
def test_configs_have_the_contracts_keys_and_no_other(id: str) -> None:
    properties = capability(id).config_schema.get("properties", {})
    assert isinstance(properties, dict)
    assert set(properties) == WITH_CONFIG.get(id, set())
    assert said(id, {"no such key": 1}) == ["no such key is not a known key"]


@pytest.mark.parametrize(
    ("config", "problems"),
    [
        ({"timeout_ms": 1, "max_bytes": 1}, []),
        ({"timeout_ms": 300000, "allowed_hosts": [], "blocked_hosts": ["example.com"]}, []),
        ({"allowed_hosts": ["*.example.com", "localhost", "10.0.0.1", "Xn--Bcher-Kva.example"]}, []),
        ({"timeout_ms": 0}, ["timeout_ms must be at least 1"]),
        ({"timeout_ms": 300001}, ["timeout_ms must be at most 300000"]),
        ({"timeout_ms": "30000"}, ["timeout_ms must be an integer"]),
        ({"timeout_ms": 0.5}, ["timeout_ms must be an integer", "timeout_ms must be at least 1"]),
        ({"timout_ms": 5}, ["timout_ms is not a known key; did you mean timeout_ms?"]),
        ({"max_bytes": 0}, ["max_bytes must be at least 1"]),
        ({"allowed_hosts": "example.com"}, ["allowed_hosts must be a list"]),
        ({"allowed_hosts": ["a", "a"]}, ["allowed_hosts must not have the same item twice"]),
        (
            {"blocked_hosts": ["https://a", "a b", "a..b", "*", "a.*", "-a", ""]},
            [f"blocked_hosts[{n}] is not a valid host name" for n in range(7)],
        ),
    ],
)
def test_web_fetch_config(config: JsonObject, problems: list[str]) -> None:
    assert said("web_fetch", config) == problems


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/Madrid", "America/Argentina/Buenos_Aires", "Etc/GMT+3", "America/Port-au-Prince"]
)
def test_current_time_takes_time_zones(zone: str) -> None:
    assert said("current_time", {"timezone": zone}) == []


@pytest.mark.parametrize("zone", ["", "Europe/", "/Madrid", "Europe Madrid", "+02:00", "../etc/passwd"])
def test_current_time_refuses_other_text(zone: str) -> None:
    assert said("current_time", {"timezone": zone}) == ["timezone is not a valid IANA time zone name"]


def test_virtual_bash_config() -> None:
    assert said("virtual_bash", {"timeout_ms": 60000, "working_dir": "/docs"}) == []
    assert said("virtual_bash", {"timeout_ms": 0, "working_dir": ""}) == [
        "timeout_ms must be at least 1",
        "working_dir must have at least 1 character",
    ]


def test_every_tool_has_a_sample_call() -> None:
    assert set(CALLS) == set(TOOLS)


@pytest.mark.parametrize("name", CALLS)
def test_a_tool_takes_a_good_call_and_refuses_a_bad_one(name: str) -> None:
    good, bad, wrong = CALLS[name]
    schema = Schema(TOOLS[name].parameters)
    assert schema.problems(good) == []
    assert wrong in [problem.path for problem in schema.problems(bad)]


@pytest.mark.parametrize("name", CALLS)
def test_a_tool_refuses_an_unknown_argument(name: str) -> None:
    (problem,) = Schema(TOOLS[name].parameters).problems({**CALLS[name][0], "no such argument": 1})
    assert (problem.path, problem.message) == (("no such argument",), "is not a known key")


@pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS)
def test_arguments_are_described_and_their_defaults_fit(tool: Tool) -> None:
    assert tool.description.endswith(".")
    properties = tool.parameters["properties"]
    assert isinstance(properties, dict)
    for name, rule in properties.items():
        assert isinstance(rule, dict), name
        assert str(rule["description"]).endswith("."), name
        assert "type" in rule, name
        if "default" in rule:
            assert Schema(tool.parameters | {"required": []}).problems({name: rule["default"]}) == [], name


@pytest.mark.parametrize("id", CONTRACT)
def test_no_object_in_a_schema_takes_unknown_keys_by_oversight(id: str) -> None:
    found = capability(id)
    for schema in [found.config_schema, *(tool.parameters for tool in found.tools)]:
        for rule in _rules(schema):
            if "properties" in rule and "type" in rule:
                assert rule["additionalProperties"] is False


def _rules(value: JsonValue) -> Iterator[JsonObject]:
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from _rules(item)


def test_the_contracts_argument_names() -> None:
    def arguments(name: str) -> set[str]:
        properties = TOOLS[name].parameters["properties"]
        assert isinstance(properties, dict)
        return set(properties)

    assert arguments("get_current_time") == {"timezone", "format"}
    assert arguments("web_fetch") == {"url", "method", "as_markdown", "as_text"}
    assert arguments("bash") == {"command", "working_dir", "timeout"}
