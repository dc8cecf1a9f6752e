"""Why a session runs with what it runs with, and what differs between two."""

from __future__ import annotations

from dataclasses import replace

from tests.wire.cases.case import Answered, Case, Refused, bad
from tests.wire.harness.call import Call
from tests.wire.harness.json_value import JsonObject

_AGENT = Call(
    "ApplyAgent",
    {
        "name": "worker",
        "system_prompt": "Work.",
        "default_model_id": "agents-own",
        "capabilities": [
            {"ref": "web_fetch", "config": {"timeout_ms": 5, "max_bytes": 9}, "locked": ["/timeout_ms"]},
            "virtual_bash",
            "noop",
        ],
    },
)
_BODY: JsonObject = {
    "agent_id": "$worker.id",
    "model_id": "mine",
    "capabilities": [
        {"ref": "web_fetch", "config": {"max_bytes": 10}},
        {"ref": "virtual_bash", "mode": "exclude"},
        "skills",
    ],
}
_MADE = {"worker": _AGENT, "made": Call("CreateSession", _BODY)}
_PLAIN = Call("CreateSession", {"agent_id": "$worker.id"})
_FROM_AGENT: JsonObject = {"layer": "agent", "path": "agent.capabilities[0]"}
_FROM_SESSION: JsonObject = {"layer": "session", "path": "capabilities[2]"}
_NEVER = "session_" + "0" * 32
_NO_SESSION = Refused("NOT_FOUND", "SESSION_NOT_FOUND")
_THEIRS = {
    "theirs": Call("CreateSession", {"agent_id": "$other.agent.id"}, authorization="$other.keys.owner"),
    "made": Call("CreateSession", {"agent_id": "$agent.id"}),
}
_NOTHING: JsonObject = {
    "capabilities": [],
    "config": [],
    "tools": [],
    "features": [],
    "prompt": [],
    "model": None,
    "max_iterations": None,
    "problems": [],
}

EXPLANATIONS = (
    Case(
        "every part of a runtime is explained",
        Call("ExplainSession", id="$made.id"),
        Answered(
            {
                "session_id": "$made.id",
                "agent_id": "$worker.id",
                "capabilities": [
                    {
                        "ref": "web_fetch",
                        "source": "agent",
                        "rule": "first_place",
                        "brought_by": _FROM_AGENT,
                        "named_by": [_FROM_AGENT, {"layer": "session", "path": "capabilities[0]"}],
                        "needed_by": [],
                        "locked": [{"path": "/timeout_ms", "layer": "agent"}],
                        "kept_out": [],
                        "config": [
                            {
                                "path": "/max_bytes",
                                "layer": "session",
                                "value": 10,
                                "overridden": [{"layer": "agent", "value": 9}],
                                "rule": "merge_patch",
                            },
                            {
                                "path": "/timeout_ms",
                                "layer": "agent",
                                "value": 5,
                                "overridden": [{"layer": "default", "value": 30000}],
                                "rule": "merge_patch",
                            },
                        ],
                    },
                    {"ref": "noop", "named_by": [{"layer": "agent", "path": "agent.capabilities[2]"}]},
                    {
                        "ref": "session_file_system",
                        "source": "dependency",
                        "rule": "dependency",
                        "brought_by": _FROM_SESSION,
                        "named_by": [],
                        "needed_by": [{"refs": ["skills", "session_file_system"]}],
                    },
                    {"ref": "skills", "brought_by": _FROM_SESSION, "rule": "first_place"},
                ],
                "left_out": [
                    {
                        "ref": "virtual_bash",
                        "rule": "excluded",
                        "entry": {"layer": "agent", "path": "agent.capabilities[1]"},
                        "excluded_by": {"layer": "session", "path": "capabilities[1]"},
                        "chain": [],
                    }
                ],
                "features": [
                    {
                        "name": "file_system",
                        "capability": "session_file_system",
                        "brought_by": _FROM_SESSION,
                        "rule": "union",
                        "also": [],
                    }
                ],
                "model": {
                    "model": "mine",
                    "source": "session",
                    "rule": "session_over_agent",
                    "overridden": [{"source": "agent", "model": "agents-own"}],
                },
                "max_iterations": {"max_iterations": 100, "layer": "agent", "rule": "agent_alone"},
                "problems": [],
            }
        ),
        _MADE,
    ),
    Case(
        "what only the excluded needed is out with it",
        Call("ExplainSession", id="$bare.id"),
        Answered(
            {
                "capabilities": [{"ref": "web_fetch"}, {"ref": "noop"}],
                "left_out": [
                    {"ref": "virtual_bash", "rule": "excluded"},
                    {
                        "ref": "session_file_system",
                        "rule": "no_longer_needed",
                        "entry": None,
                        "excluded_by": {"layer": "session", "path": "capabilities[0]"},
                        "chain": ["virtual_bash", "session_file_system"],
                    },
                ],
                "model": {"model": "agents-own", "rule": "agent_over_server", "overridden": []},
            }
        ),
        {
            "worker": _AGENT,
            "bare": Call(
                "CreateSession",
                {"agent_id": "$worker.id", "capabilities": [{"ref": "virtual_bash", "mode": "exclude"}]},
            ),
        },
    ),
    Case(
        "what a later lock keeps out is told",
        Call("ExplainSession", id="$made.id"),
        Answered(
            {
                "capabilities": [
                    {
                        "config": [
                            {
                                "path": "/timeout_ms",
                                "layer": "agent",
                                "value": 5,
                                "rule": "lock",
                                "overridden": [{"layer": "default", "value": 30000}],
                            }
                        ],
                        "kept_out": [
                            {
                                "path": "/max_bytes",
                                "layer": "session",
                                "value": 10,
                                "lock": {"path": "", "layer": "agent"},
                            },
                            {"path": "/timeout_ms", "value": None},
                        ],
                    }
                ],
                "problems": [{"reason": "CONFIG_LOCKED"}, {"reason": "CONFIG_LOCKED"}],
            }
        ),
        {
            "worker": Call("ApplyAgent", {"name": "w", "system_prompt": "p", "capabilities": ["web_fetch"]}),
            "made": Call(
                "CreateSession",
                {
                    "agent_id": "$worker.id",
                    "capabilities": [
                        {"ref": "web_fetch", "config": {"max_bytes": 10, "timeout_ms": None}},
                    ],
                },
            ),
            "changed": Call(
                "UpdateAgent",
                {"capabilities": [{"ref": "web_fetch", "config": {"timeout_ms": 5}, "locked": [""]}]},
                "$worker.id",
            ),
        },
    ),
    Case(
        "a key to read for an explanation",
        Call("ExplainSession", id="$made.id", authorization="$keys.reader"),
        Answered({"session_id": "$made.id", "prompt": [{"capability": None, "rule": "agent_text_last"}]}),
        {"made": Call("CreateSession", {"agent_id": "$agent.id"})},
    ),
    Case("an explanation of an id that is none", Call("ExplainSession", id="x"), bad("INVALID_ID", "id")),
    Case("an explanation of what never was", Call("ExplainSession", id=_NEVER), _NO_SESSION),
    Case("another organization's", Call("ExplainSession", id="$theirs.id"), _NO_SESSION, _THEIRS),
)
"""What ExplainSession answers."""

_COMPARE = Call("CompareSessions", query={"a": "$plain.id", "b": "$made.id"})
COMPARISONS = (
    Case(
        "two sessions that run the same",
        Call("CompareSessions", query={"a": "$one.id", "b": "$made.id"}),
        Answered({**_NOTHING, "a": {"session_id": "$one.id"}, "b": {"session_id": "$made.id"}}),
        {**_MADE, "one": Call("CreateSession", {**_BODY, "title": "another"})},
    ),
    Case(
        "two sessions that run otherwise",
        _COMPARE,
        Answered(
            {
                "a": {"session_id": "$plain.id", "agent_id": "$worker.id"},
                "capabilities": [
                    {
                        "ref": "session_file_system",
                        "changes": ["changed"],
                        "a": {"needed_by": [{"refs": ["virtual_bash", "session_file_system"]}]},
                        "b": {"needed_by": [{"refs": ["skills", "session_file_system"]}]},
                    },
                    {"ref": "virtual_bash", "changes": ["removed"], "b": None},
                    {"ref": "noop", "changes": ["moved"]},
                    {"ref": "skills", "changes": ["added"], "a": None, "b": {"source": "session"}},
                ],
                "config": [
                    {
                        "ref": "web_fetch",
                        "path": "/max_bytes",
                        "changes": ["changed"],
                        "a": {"layer": "agent", "value": 9},
                        "b": {"layer": "session", "value": 10},
                    },
                    {"ref": "virtual_bash", "path": "", "changes": ["removed"], "b": None},
                    {"ref": "skills", "path": "", "changes": ["added"], "a": None},
                ],
                "features": [],
                "model": {
                    "a": {"model": "agents-own", "source": "agent"},
                    "b": {"model": "mine", "source": "session"},
                },
                "max_iterations": None,
                "problems": [],
            }
        ),
        {**_MADE, "plain": _PLAIN},
    ),
    Case(
        "a key to write for a comparison",
        replace(_COMPARE, authorization="$keys.writer"),
        Refused("PERMISSION_DENIED", "SCOPE_MISSING"),
        {**_MADE, "plain": _PLAIN},
    ),
    Case(
        "a comparison with nothing",
        Call("CompareSessions", query={"a": _NEVER}),
        bad("REQUIRED_FIELD_MISSING", "b"),
    ),
    Case(
        "a comparison of ids that are none",
        Call("CompareSessions", query={"a": "x", "b": "agent_" + "0" * 32}),
        bad("INVALID_ID", "a", "b"),
    ),
    Case(
        "a comparison with what never was",
        Call("CompareSessions", query={"a": "$made.id", "b": _NEVER}),
        _NO_SESSION,
        {"made": Call("CreateSession", {"agent_id": "$agent.id"})},
    ),
    Case(
        "a comparison with another organization's",
        Call("CompareSessions", query={"a": "$made.id", "b": "$theirs.id"}),
        _NO_SESSION,
        _THEIRS,
    ),
)
"""What CompareSessions answers."""
