"""Sessions and agents whose capabilities cannot be had, or not so."""

from __future__ import annotations

from tests.wire.cases.case import Case, bad
from tests.wire.harness.call import Call
from tests.wire.harness.json_value import Json, JsonObject


def _nested(levels: int) -> JsonObject:
    config: JsonObject = {}
    for _ in range(levels - 1):
        config = {"a": config}
    return config


def _with(*capabilities: Json) -> Call:
    return Call("CreateSession", {"agent_id": "$agent.id", "capabilities": list(capabilities)})


def _web_fetch(**config: Json) -> Call:
    return _with({"ref": "web_fetch", "config": config})


CAPABILITIES = (
    Case("no ref", _with({"config": {}}), bad("REQUIRED_FIELD_MISSING", "capabilities[0].ref")),
    Case("a ref that is none", _with("noop", "Web Fetch"), bad("INVALID_FIELD", "capabilities[1].ref")),
    Case("a ref of 101 characters", _with("x" * 101), bad("INVALID_FIELD", "capabilities[0].ref")),
    Case(
        "a ref twice",
        _with("web_fetch", "noop", "web_fetch"),
        bad("DUPLICATE_CAPABILITY", "capabilities[2].ref"),
    ),
    Case("an unknown capability", _with("web_fech"), bad("UNKNOWN_CAPABILITY", "capabilities[0].ref")),
    Case("one that is announced", _with("research"), bad("CAPABILITY_NOT_AVAILABLE", "capabilities[0].ref")),
    Case("two that conflict", _with("night", "day"), bad("CAPABILITY_CONFLICT", "capabilities[1].ref")),
    Case("a taken tool name", _with("adder", "test_math"), bad("TOOL_NAME_CONFLICT", "capabilities[1].ref")),
    Case("more than 100 with dependencies", _with("crowd"), bad("TOO_MANY_CAPABILITIES", "capabilities")),
    Case(
        "a config below its minimum",
        _with("noop", "current_time", {"ref": "web_fetch", "config": {"timeout_ms": 0}}),
        bad("INVALID_CONFIG", "capabilities[2].config.timeout_ms"),
    ),
    Case(
        "a config of the wrong type",
        _web_fetch(allowed_hosts="a.example"),
        bad("INVALID_CONFIG", "capabilities[0].config.allowed_hosts"),
    ),
    Case(
        "a config with a bad element",
        _web_fetch(allowed_hosts=["a.example", "-"]),
        bad("INVALID_CONFIG", "capabilities[0].config.allowed_hosts[1]"),
    ),
    Case(
        "a fraction for an integer",
        _web_fetch(timeout_ms=1.5),
        bad("INVALID_CONFIG", "capabilities[0].config.timeout_ms"),
    ),
    Case(
        "an integer beyond a double's",
        _web_fetch(max_bytes=2**60),
        bad("NUMBER_NOT_REPRESENTABLE", "capabilities[0].config.max_bytes"),
    ),
    Case(
        "a config above 64 KiB",
        _with({"ref": "free_form", "config": {"text": "x" * 65536}}),
        bad("LIMIT_EXCEEDED", "capabilities[0].config"),
    ),
    Case(
        "a config of 17 levels",
        _with({"ref": "free_form", "config": _nested(17)}),
        bad("LIMIT_EXCEEDED", "capabilities[0].config" + ".a" * 16),
    ),
    Case(
        "a config with NUL",
        _with({"ref": "free_form", "config": {"text": ["a\0"]}}),
        bad("INVALID_FIELD", "capabilities[0].config.text[0]"),
    ),
    Case(
        "all that is wrong at once",
        _with("nope", "research", {"ref": "web_fetch", "config": {"timeout_ms": 0, "max_bytes": 0}}, "nope"),
        bad(
            "UNKNOWN_CAPABILITY",
            "capabilities[0].ref",
            ("capabilities[1].ref", "CAPABILITY_NOT_AVAILABLE"),
            ("capabilities[3].ref", "DUPLICATE_CAPABILITY"),
            ("capabilities[2].config.max_bytes", "INVALID_CONFIG"),
            ("capabilities[2].config.timeout_ms", "INVALID_CONFIG"),
        ),
    ),
)
"""Capabilities of a new session that are refused."""

ELSEWHERE = (
    Case(
        "an unknown capability of an agent",
        Call("ApplyAgent", {"name": "a", "system_prompt": "p", "capabilities": ["noop", "nope"]}),
        bad("UNKNOWN_CAPABILITY", "capabilities[1].ref"),
    ),
    Case(
        "an unknown capability of an agent that is changed",
        Call("UpdateAgent", {"capabilities": ["nope"]}, "$agent.id"),
        bad("UNKNOWN_CAPABILITY", "capabilities[0].ref"),
    ),
    Case(
        "a bad config of a session that is changed",
        Call("UpdateSession", {"capabilities": [{"ref": "noop", "config": {"x": 1}}]}, "$made.id"),
        bad("INVALID_CONFIG", "capabilities[0].config.x"),
        {"made": Call("CreateSession", {"agent_id": "$agent.id"})},
    ),
    Case(
        "a session's capability that conflicts with its agent's",
        Call("CreateSession", {"agent_id": "$nocturnal.id", "capabilities": ["day"]}),
        bad("CAPABILITY_CONFLICT", "capabilities[0].ref"),
        {"nocturnal": Call("ApplyAgent", {"name": "n", "system_prompt": "p", "capabilities": ["night"]})},
    ),
)
"""Capabilities that are refused where something else is written."""
