"""What sessions come to: their runtime agents, and previews of them."""

from __future__ import annotations

from tests.wire.cases.case import Answered, Case
from tests.wire.harness.call import Call
from tests.wire.harness.json_value import Json, JsonObject

_FETCHER = Call(
    "ApplyAgent",
    {
        "name": "fetcher",
        "system_prompt": "Fetch.",
        "default_model_id": "agents-own",
        "max_iterations": 7,
        "capabilities": [
            {"ref": "web_fetch", "config": {"timeout_ms": 1000, "allowed_hosts": ["a.example"]}}
        ],
    },
)
_BODY: JsonObject = {
    "agent_id": "$fetcher.id",
    "capabilities": [{"ref": "web_fetch", "config": {"timeout_ms": 30000}}],
}
_MERGED: JsonObject = {
    "agent_id": "$fetcher.id",
    "model": "agents-own",
    "model_source": "agent",
    "max_iterations": 7,
    "capabilities": [
        {
            "ref": "web_fetch",
            "config": {"timeout_ms": 30000, "allowed_hosts": ["a.example"]},
            "source": "agent",
            "required_by": [],
            "provenance": [
                {"path": "/allowed_hosts", "layer": "agent", "value": ["a.example"], "overridden": []},
                {
                    "path": "/timeout_ms",
                    "layer": "session",
                    "value": 30000,
                    "overridden": [{"layer": "default", "value": 30000}, {"layer": "agent", "value": 1000}],
                },
            ],
        }
    ],
    "tools": [{"name": "web_fetch", "capability": "web_fetch"}],
    "features": [],
    "problems": [],
}


def _preview(*capabilities: Json, **fields: Json) -> Call:
    return Call("PreviewSession", {"agent_id": "$agent.id", "capabilities": list(capabilities), **fields})


def _runtime(**holds: Json) -> Answered:
    return Answered({"runtime_agent": holds})


_NEEDED: Json = [
    {"ref": "session_file_system", "source": "dependency", "required_by": ["virtual_bash"]},
    {"ref": "virtual_bash", "source": "session", "required_by": []},
    {"ref": "session_storage", "source": "session", "required_by": []},
]

RUNTIMES = (
    Case(
        "layers merged",
        Call("GetRuntimeAgent", id="$made.id"),
        Answered({**_MERGED, "session_id": "$made.id"}),
        {"fetcher": _FETCHER, "made": Call("CreateSession", _BODY)},
    ),
    Case(
        "layers merged in a preview",
        Call("PreviewSession", _BODY),
        Answered(
            {
                "session": {"id": None, "created_at": None, "updated_at": None, "status": "started"},
                "runtime_agent": {**_MERGED, "session_id": None},
                "problems": [],
            }
        ),
        {"fetcher": _FETCHER},
    ),
    Case(
        "an entry without config changes nothing",
        Call("PreviewSession", {"agent_id": "$fetcher.id", "capabilities": ["web_fetch"]}),
        _runtime(
            capabilities=[{"config": {"timeout_ms": 1000, "allowed_hosts": ["a.example"]}, "source": "agent"}]
        ),
        {"fetcher": _FETCHER},
    ),
    Case(
        "null takes a key away",
        Call(
            "PreviewSession",
            {
                "agent_id": "$fetcher.id",
                "capabilities": [{"ref": "web_fetch", "config": {"allowed_hosts": None}}],
            },
        ),
        _runtime(
            capabilities=[
                {
                    "provenance": [{"path": "/timeout_ms", "layer": "agent", "value": 1000}],
                    "config": {"timeout_ms": 1000},
                }
            ]
        ),
        {"fetcher": _FETCHER},
    ),
    Case(
        "what is needed comes before",
        _preview("virtual_bash", "session_storage"),
        _runtime(capabilities=_NEEDED, features=["file_system", "secrets", "key_value"]),
    ),
    Case("the session's model", _preview(model_id="mine"), _runtime(model="mine", model_source="session")),
    Case("no model", _preview(), _runtime(model=None, model_source="unset", max_iterations=100)),
    Case("the prompt bare", _preview("noop"), _runtime(system_prompt="Be plain.")),
    Case(
        "a deprecated capability is a warning",
        _preview("old"),
        Answered(
            {
                "problems": [
                    {"reason": "CAPABILITY_DEPRECATED", "path": "capabilities[0].ref", "severity": "warning"}
                ],
                "runtime_agent": {"problems": [{"reason": "CAPABILITY_DEPRECATED"}]},
            }
        ),
    ),
    Case(
        "an agent's deprecated capability is the agent's",
        Call("PreviewSession", {"agent_id": "$dated.id"}),
        Answered({"problems": [{"reason": "CAPABILITY_DEPRECATED", "path": "agent.capabilities[0].ref"}]}),
        {"dated": Call("ApplyAgent", {"name": "dated", "system_prompt": "p", "capabilities": ["old"]})},
    ),
)
"""What is answered about runtimes."""
