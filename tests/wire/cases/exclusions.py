"""Entries that take out what a layer below brings, and paths of a config that an agent locks."""

from __future__ import annotations

from tests.wire.cases.case import Answered, Case, bad
from tests.wire.harness.call import Call
from tests.wire.harness.json_value import Json, JsonObject


def _agent(*capabilities: Json) -> Call:
    return Call("ApplyAgent", {"name": "full", "system_prompt": "p", "capabilities": list(capabilities)})


def _create(*capabilities: Json) -> Call:
    return Call("CreateSession", {"agent_id": "$full.id", "capabilities": list(capabilities)})


def _preview(*capabilities: Json) -> Call:
    return Call("PreviewSession", {"agent_id": "$full.id", "capabilities": list(capabilities)})


def _without(ref: str, **more: Json) -> JsonObject:
    return {"ref": ref, "mode": "exclude", **more}


def _fetch(**config: Json) -> JsonObject:
    return {"ref": "web_fetch", "config": config}


def _warning(path: str) -> JsonObject:
    return {"reason": "EXCLUSION_WITHOUT_EFFECT", "path": path, "severity": "warning"}


_SHELL = {"full": _agent("web_fetch", "virtual_bash", "noop")}
_LOCKED_FETCH: JsonObject = {
    "ref": "web_fetch",
    "config": {"allowed_hosts": ["a.example"], "timeout_ms": 5},
    "locked": ["/allowed_hosts"],
}
_LOCKED = {"full": _agent(_LOCKED_FETCH)}
_FREE_FORM: JsonObject = {"ref": "free_form", "config": {"a": {"b": [1]}}, "locked": ["/a/b/0", "/a~1c"]}
_LOCKED_DEEP = {"full": _agent(_FREE_FORM)}
_LATER = {
    "full": _agent("web_fetch"),
    "made": _create(_fetch(allowed_hosts=["evil.example"], timeout_ms=9)),
    "changed": Call("UpdateAgent", {"capabilities": [_LOCKED_FETCH]}, "$full.id"),
}

EXCLUSIONS_CREATED = (
    Case(
        "what an agent brings is taken out, and what it alone needs",
        _create(_without("virtual_bash")),
        Answered(
            {
                "features": [],
                "capabilities": [{"ref": "virtual_bash", "config": None, "mode": "exclude"}],
            },
            created=True,
        ),
        _SHELL,
    ),
    Case(
        "an exclusion with a config",
        _create(_without("noop", config={})),
        bad("INVALID_FIELD", "capabilities[0].config"),
        _SHELL,
    ),
    Case(
        "an exclusion with locks",
        _create(_without("noop", locked=["/a"])),
        bad("INVALID_FIELD", "capabilities[0].locked"),
        _SHELL,
    ),
    Case(
        "an exclusion of what a capability that stays needs",
        _create("current_time", _without("session_file_system")),
        bad("EXCLUDED_CAPABILITY_NEEDED", "capabilities[1]"),
        _SHELL,
    ),
    Case(
        "an exclusion of what a capability of the same list needs",
        _create(_without("session_file_system"), _without("virtual_bash"), "skills"),
        bad("EXCLUDED_CAPABILITY_NEEDED", "capabilities[0]"),
        _SHELL,
    ),
    Case(
        "an exclusion of what the catalog does not have",
        _create(_without("web_fech")),
        bad("UNKNOWN_CAPABILITY", "capabilities[0].ref"),
        _SHELL,
    ),
    Case(
        "in and out at once",
        _create("noop", _without("noop")),
        bad("DUPLICATE_CAPABILITY", "capabilities[1].ref"),
        _SHELL,
    ),
    Case(
        "a config beside what is locked",
        _create(_fetch(timeout_ms=7, blocked_hosts=["b.example"])),
        Answered({"capabilities": [_fetch(timeout_ms=7, blocked_hosts=["b.example"])]}, created=True),
        _LOCKED,
    ),
    Case(
        "a locked path set",
        _create("noop", _fetch(allowed_hosts=["b.example"])),
        bad("CONFIG_LOCKED", "capabilities[1].config.allowed_hosts"),
        _LOCKED,
    ),
    Case(
        "a locked path set to what it is",
        _create(_fetch(allowed_hosts=["a.example"])),
        bad("CONFIG_LOCKED", "capabilities[0].config.allowed_hosts"),
        _LOCKED,
    ),
    Case(
        "a locked path removed",
        _create(_fetch(allowed_hosts=None)),
        bad("CONFIG_LOCKED", "capabilities[0].config.allowed_hosts"),
        _LOCKED,
    ),
    Case(
        "what is above a locked path replaced",
        _create({"ref": "free_form", "config": {"a": 1}}),
        bad("CONFIG_LOCKED", "capabilities[0].config.a"),
        _LOCKED_DEEP,
    ),
    Case(
        "a list around a locked element replaced",
        _create({"ref": "free_form", "config": {"a": {"b": [2], "c": 1}}}),
        bad("CONFIG_LOCKED", "capabilities[0].config.a.b"),
        _LOCKED_DEEP,
    ),
    Case(
        "what is below a locked path set",
        _create({"ref": "free_form", "config": {"a/c": {"d": 1}}}),
        bad("CONFIG_LOCKED", "capabilities[0].config.a/c"),
        _LOCKED_DEEP,
    ),
    Case(
        "beside a locked path set",
        _create({"ref": "free_form", "config": {"a": {"c": 1}, "b": 2}}),
        Answered({"capabilities": [{"config": {"a": {"c": 1}, "b": 2}}]}, created=True),
        _LOCKED_DEEP,
    ),
    Case(
        "a capability with locks taken out",
        _create(_without("web_fetch")),
        bad("CONFIG_LOCKED", "capabilities[0]"),
        _LOCKED,
    ),
    Case(
        "a lock of a session",
        _create({"ref": "web_fetch", "locked": ["/timeout_ms"]}),
        bad("INVALID_FIELD", "capabilities[0].locked"),
        _LOCKED,
    ),
    Case(
        "a lock that is no JSON Pointer",
        _create({"ref": "noop", "locked": ["/a", "b"]}),
        bad("INVALID_FIELD", "capabilities[0].locked[1]"),
        _LOCKED,
    ),
)
"""Those of a new session, which a preview must answer alike."""

EXCLUSIONS = (
    Case(
        "an exclusion without effect is a warning",
        _preview(_without("skills")),
        Answered({"problems": [_warning("capabilities[0]")]}),
        _SHELL,
    ),
    Case(
        "an agent's exclusion has no effect",
        Call("PreviewSession", {"agent_id": "$full.id"}),
        Answered({"problems": [_warning("agent.capabilities[0]")]}),
        {"full": _agent(_without("noop"))},
    ),
    Case(
        "an exclusion of what is needed by what is excluded",
        _preview(_without("session_file_system"), _without("virtual_bash")),
        Answered({"problems": [], "runtime_agent": {"features": [], "capabilities": [{}, {}]}}),
        _SHELL,
    ),
    Case(
        "an exclusion in an update",
        Call("UpdateSession", {"capabilities": [_without("web_fetch")]}, "$made.id"),
        Answered({"capabilities": [{"ref": "web_fetch", "mode": "exclude"}]}),
        {**_SHELL, "made": _create()},
    ),
    Case(
        "an exclusion in an update of what is needed",
        Call("UpdateSession", {"capabilities": [_without("session_file_system")]}, "$made.id"),
        bad("EXCLUDED_CAPABILITY_NEEDED", "capabilities[0]"),
        {**_SHELL, "made": _create()},
    ),
    Case(
        "a mode that says that an entry includes",
        _preview({"ref": "noop", "mode": "include"}),
        Answered({"session": {"capabilities": [{"ref": "noop", "config": None}]}}),
        _SHELL,
    ),
    Case(
        "locks of an agent are kept, each once",
        _agent({"ref": "web_fetch", "locked": ["/timeout_ms", "", "/timeout_ms"]}),
        Answered({"capabilities": [{"locked": ["/timeout_ms", ""]}]}, created=True),
    ),
    Case(
        "an agent's exclusion with locks",
        _agent({"ref": "web_fetch", "mode": "exclude", "locked": ["/timeout_ms"]}),
        bad("INVALID_FIELD", "capabilities[0].locked"),
    ),
    Case(
        "more than 50 locks",
        _agent({"ref": "web_fetch", "locked": [f"/{number}" for number in range(51)]}),
        bad("LIMIT_EXCEEDED", "capabilities[0].locked"),
    ),
    Case(
        "a lock of 201 characters",
        _agent({"ref": "web_fetch", "locked": ["/" + "x" * 200]}),
        bad("LIMIT_EXCEEDED", "capabilities[0].locked[0]"),
    ),
    Case(
        "a locked path set in an update",
        Call("UpdateSession", {"capabilities": [_fetch(allowed_hosts=[])]}, "$made.id"),
        bad("CONFIG_LOCKED", "capabilities[0].config.allowed_hosts"),
        {**_LOCKED, "made": _create()},
    ),
    Case(
        "a session older than the lock works, with the agent's value",
        Call("GetRuntimeAgent", id="$made.id"),
        Answered(
            {
                "capabilities": [{"config": {"allowed_hosts": ["a.example"], "timeout_ms": 9}}],
                "problems": [
                    {
                        "reason": "CONFIG_LOCKED",
                        "path": "capabilities[0].config.allowed_hosts",
                        "message": "/allowed_hosts is locked by the agent",
                        "severity": "error",
                    }
                ],
            }
        ),
        _LATER,
    ),
    Case(
        "a session older than the lock keeps what it was given",
        Call("UpdateSession", {"title": "t"}, "$made.id"),
        Answered({"capabilities": [_fetch(allowed_hosts=["evil.example"], timeout_ms=9)]}),
        _LATER,
    ),
)
"""What exclusions and locks come to."""
