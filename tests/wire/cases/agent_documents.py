"""Agents copied, exported, imported and previewed."""

from __future__ import annotations

from tests.wire.cases.case import Answered, Case, Refused, bad
from tests.wire.harness.call import Call
from tests.wire.harness.json_value import Json, JsonObject

_FULL: JsonObject = {
    "name": "full",
    "system_prompt": "# Full\n\n---\nBe: full\n",
    "display_name": "Full: one",
    "description": "yes\n---\nno",
    "default_model_id": "gpt-4o",
    "tags": ["2024-01-01", "b"],
    "capabilities": [{"ref": "web_fetch", "config": {"timeout_ms": 1000}}, {"ref": "noop", "config": None}],
    "max_iterations": 7,
}
_EXPORTED = """---
name: full
display_name: 'Full: one'
description: "yes\\n---\\nno"
default_model_id: gpt-4o
tags:
- '2024-01-01'
- b
capabilities:
- ref: web_fetch
  config:
    timeout_ms: 1000
- ref: noop
max_iterations: 7
---

# Full

---
Be: full

"""
_MARKDOWN = "text/markdown; charset=utf-8"
_MADE = {"made": Call("ApplyAgent", _FULL)}
_GONE = {**_MADE, "gone": Call("DeleteAgent", id="$made.id")}
_NEVER = "agent_" + "0" * 32
_NO_AGENT = Refused("NOT_FOUND", "AGENT_NOT_FOUND")
_TAKEN = Refused("ALREADY_EXISTS", "AGENT_ALREADY_EXISTS")
_REUSED = Refused("ALREADY_EXISTS", "IDEMPOTENCY_KEY_REUSED")
_SCOPE = Refused("PERMISSION_DENIED", "SCOPE_MISSING")
_COPY = Call("CopyAgent", id="$made.id")


def _import(document: str | bytes, content_type: str = "text/plain", key: str = "") -> Call:
    data = document if isinstance(document, bytes) else document.encode()
    return Call("ImportAgent", document=data, content_type=content_type, key=key)


def _preview(**fields: Json) -> Call:
    return Call("PreviewAgent", {"name": "new", "system_prompt": "Be new.", **fields})


COPIES = (
    Case("a copy", _COPY, Answered({**_FULL, "name": "full-copy", "status": "active"}, created=True), _MADE),
    Case("a second copy", _COPY, Answered({"name": "full-copy-2"}, created=True), {**_MADE, "1": _COPY}),
    Case(
        "a copy of an archived agent",
        _COPY,
        Answered({**_FULL, "name": "full-copy", "status": "active"}, created=True),
        _GONE,
    ),
    Case(
        "a copy of a name that no longer one may have",
        Call("CopyAgent", id="$long.id"),
        Answered({"name": ("n" * 2048 + "-copy")[:400]}, created=True),
        {"long": Call("ApplyAgent", {"name": "n" * 2048, "system_prompt": "p"})},
    ),
    Case(
        "the same copy again",
        Call("CopyAgent", id="$made.id", key="k"),
        Answered({"id": "$first.id", "name": "full-copy"}, created=True, replayed=True),
        {**_MADE, "first": Call("CopyAgent", id="$made.id", key="k")},
    ),
    Case(
        "a copy's idempotency key with another agent",
        Call("CopyAgent", id="$agent.id", key="k"),
        _REUSED,
        {**_MADE, "first": Call("CopyAgent", id="$made.id", key="k")},
    ),
    Case("a copy of an agent that never was", Call("CopyAgent", id=_NEVER), _NO_AGENT),
    Case("a copy of another's agent", Call("CopyAgent", id="$other.agent.id"), _NO_AGENT),
    Case("a copy of an id that is none", Call("CopyAgent", id="x"), bad("INVALID_ID", "id")),
    Case("a copy of no id", Call("CopyAgent"), bad("REQUIRED_FIELD_MISSING", "id"), over=("grpc", "cli")),
    Case(
        "a copy with a key to read",
        Call("CopyAgent", id="$agent.id", authorization="$keys.reader"),
        _SCOPE,
    ),
)
"""Copies of agents."""

EXPORTS = (
    Case(
        "an export",
        Call("ExportAgent", id="$made.id", authorization="$keys.reader"),
        Answered({"content_type": _MARKDOWN, "text": _EXPORTED}),
        _MADE,
    ),
    Case(
        "an export of an archived agent",
        Call("ExportAgent", id="$made.id"),
        Answered({"text": _EXPORTED}),
        _GONE,
    ),
    Case("an export of an agent that never was", Call("ExportAgent", id=_NEVER), _NO_AGENT),
    Case("an export of another's agent", Call("ExportAgent", id="$other.agent.id"), _NO_AGENT),
    Case("an export of an id that is none", Call("ExportAgent", id="x"), bad("INVALID_ID", "id")),
)
"""Agents exported."""

IMPORTS = (
    Case("an import of Markdown", _import(_EXPORTED, _MARKDOWN), Answered(_FULL, created=True)),
    Case("an import that shows its kind", _import(_EXPORTED, ""), Answered(_FULL, created=True)),
    Case(
        "an import of YAML",
        _import("name: yes\nsystem_prompt: |\n  Be.\ncapabilities: [noop]\n", "application/yaml"),
        Answered(
            {
                "name": "yes",
                "system_prompt": "Be.\n",
                "capabilities": [{"ref": "noop", "config": None}],
                "max_iterations": 100,
            },
            created=True,
        ),
    ),
    Case(
        "an import of JSON",
        _import('{"name": "json", "system_prompt": "p", "tools": []}', "application/json"),
        Answered({"name": "json", "system_prompt": "p"}, created=True),
    ),
    Case(
        "an import of a text",
        _import("# Kind One\nBe kind.\n"),
        Answered({"name": "kind-one", "system_prompt": "# Kind One\nBe kind."}, created=True),
    ),
    Case(
        "an import of a text again",
        _import("Be kind."),
        Answered({"name": "imported-agent-2"}, created=True),
        {"1": _import("Be kind.")},
    ),
    Case(
        "the same import again",
        _import("Be kind.", key="k"),
        Answered({"id": "$first.id", "name": "imported-agent"}, created=True, replayed=True),
        {"first": _import("Be kind.", key="k")},
    ),
    Case(
        "an import's idempotency key with another document",
        _import("Be mean.", key="k"),
        _REUSED,
        {"first": _import("Be kind.", key="k")},
    ),
    Case(
        "an import of a chosen id",
        _import(f"name: a\nsystem_prompt: p\nid: agent_{'1' * 32}", "text/yaml"),
        Answered({"id": f"agent_{'1' * 32}"}, created=True),
    ),
    Case("an import of a taken name", _import("name: plain\nsystem_prompt: p"), _TAKEN),
    Case("an import of YAML that is none", _import("name: [\nsystem_prompt: p"), bad("INVALID_DOCUMENT")),
    Case("an import of an alias", _import("name: &a a\nsystem_prompt: *a"), bad("INVALID_DOCUMENT")),
    Case("an import of a tag", _import("name: !!str a\nsystem_prompt: b"), bad("INVALID_DOCUMENT")),
    Case("an import of a key twice", _import("name: a\nsystem_prompt: b\nname: c"), bad("INVALID_DOCUMENT")),
    Case("an import of nothing", _import(""), bad("INVALID_DOCUMENT")),
    Case("an import of no UTF-8", _import(b"\xff"), bad("INVALID_DOCUMENT")),
    Case(
        "no document at all", Call("ImportAgent"), bad("REQUIRED_FIELD_MISSING", "document"), over=("grpc",)
    ),
    Case("an import of an image", _import("x", "image/png"), bad("UNSUPPORTED_MEDIA_TYPE")),
    Case(
        "an import of another charset",
        _import("x", "text/plain; charset=latin-1"),
        bad("UNSUPPORTED_MEDIA_TYPE"),
    ),
    Case(
        "an import above 3 MiB",
        _import(b"x" * (3 * 1024 * 1024 + 1)),
        Refused("RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE", ("document",)),
    ),
    Case(
        "an import with everything wrong",
        _import("name: {}\nsystem_prompt: p\ntags: x\nstatus: active\nnmae: a\ndisplay_name: ''"),
        bad(
            "INVALID_FIELD",
            "name",
            "tags",
            ("status", "OUTPUT_ONLY_FIELD"),
            ("nmae", "UNKNOWN_FIELD"),
            "display_name",
        ),
    ),
    Case(
        "an import of an unknown capability",
        _import("name: a\nsystem_prompt: p\ncapabilities: [web_fech]"),
        bad("UNKNOWN_CAPABILITY", "capabilities[0].ref"),
    ),
    Case(
        "an import with a key to read",
        Call("ImportAgent", document=b"Be kind.", authorization="$keys.reader"),
        _SCOPE,
    ),
)
"""Documents imported."""

PREVIEWS = (
    Case(
        "a preview of an agent",
        _preview(capabilities=["virtual_bash"], default_model_id="m"),
        Answered(
            {
                "agent": {
                    "id": None,
                    "organization_id": "$org",
                    "name": "new",
                    "capabilities": [{"ref": "virtual_bash", "config": None}],
                    "status": "active",
                    "created_at": None,
                    "updated_at": None,
                },
                "runtime_agent": {
                    "session_id": None,
                    "agent_id": None,
                    "model": "m",
                    "model_source": "agent",
                    "features": ["file_system"],
                    "problems": [],
                },
                "problems": [],
            }
        ),
    ),
    Case(
        "a preview of an agent of a chosen id",
        _preview(id=f"agent_{'1' * 32}"),
        Answered({"agent": {"id": f"agent_{'1' * 32}"}, "runtime_agent": {"agent_id": f"agent_{'1' * 32}"}}),
    ),
    Case(
        "a preview of an agent with a warning",
        _preview(capabilities=["old"]),
        Answered({"problems": [{"reason": "CAPABILITY_DEPRECATED", "path": "agent.capabilities[0].ref"}]}),
    ),
    Case("a preview of a taken name", _preview(name="plain"), _TAKEN),
    Case("a preview of a taken id", _preview(id="$agent.id"), _TAKEN),
    Case(
        "a preview of an agent that is wrong",
        _preview(name="", max_iterations=0),
        bad("REQUIRED_FIELD_MISSING", "name", ("max_iterations", "INVALID_FIELD")),
    ),
    Case(
        "a preview of an agent with wrong capabilities",
        _preview(capabilities=["web_fech", {"ref": "web_fetch", "config": {"timeout_ms": 0}}]),
        bad(
            "UNKNOWN_CAPABILITY",
            "capabilities[0].ref",
            ("capabilities[1].config.timeout_ms", "INVALID_CONFIG"),
        ),
    ),
)
"""Agents previewed."""
