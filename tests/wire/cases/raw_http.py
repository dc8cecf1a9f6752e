"""Requests that only HTTP can make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

JSON = {"content-type": "application/json"}
"""The headers of a request with a body."""


@dataclass(frozen=True, slots=True)
class RawCase:
    """A request as it is sent, with the key of the organization's owner, and what must be answered.

    Texts may hold `$name.path`. `fields` are the bad fields in order, each with its reason if that is not
    the code; `hint` is a text that the detail has.
    """

    name: str
    request: str
    code: str
    status: int = 400
    body: str | bytes | None = None
    fields: tuple[str | tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=lambda: JSON)
    answer_headers: Mapping[str, str] = field(default_factory=dict)
    hint: str = ""

    @property
    def violations(self) -> list[tuple[str, str]]:
        """Each bad field with its reason."""
        return [(f, self.code) if isinstance(f, str) else f for f in self.fields]


def _session(name: str, more: str, code: str, *fields: str | tuple[str, str], hint: str = "") -> RawCase:
    body = f'{{"agent_id": "$agent.id", {more}}}'
    return RawCase(name, "POST /v1/sessions", code, body=body, fields=fields, hint=hint)


def _body(name: str, body: str | bytes, code: str, *fields: str) -> RawCase:
    return RawCase(name, "POST /v1/sessions", code, body=body, fields=fields)


RAW = (
    RawCase("an unknown path", "GET /v1/nothing", "ROUTE_NOT_FOUND", 404),
    RawCase("a path with a slash too many", "GET /v1/sessions/", "ROUTE_NOT_FOUND", 404),
    RawCase("another version", "GET /v2/sessions", "ROUTE_NOT_FOUND", 404),
    RawCase(
        "a method of no session",
        "PUT /v1/sessions",
        "METHOD_NOT_ALLOWED",
        405,
        body="{}",
        answer_headers={"allow": "GET, HEAD, POST"},
    ),
    RawCase(
        "a method of no agent",
        "POST /v1/agents/$agent.id",
        "METHOD_NOT_ALLOWED",
        405,
        body="{}",
        answer_headers={"allow": "DELETE, GET, HEAD, PATCH, PUT"},
    ),
    RawCase(
        "a preview by GET",
        "GET /v1/sessions:preview",
        "METHOD_NOT_ALLOWED",
        405,
        answer_headers={"allow": "POST"},
    ),
    RawCase("messages", "GET /v1/sessions/$made.id/messages", "NOT_IN_THIS_SERVICE", 501),
    RawCase("a message", "POST /v1/sessions/$made.id/messages", "NOT_IN_THIS_SERVICE", 501, body="{}"),
    RawCase("harnesses", "GET /v1/harnesses", "NOT_IN_THIS_SERVICE", 501, hint="the wider API"),
    RawCase("a file", "PUT /v1/workspaces/w/fs/a/b.txt", "NOT_IN_THIS_SERVICE", 501, body="{}"),
    RawCase("an analysis", "POST /v1/agents/analyze", "NOT_IN_THIS_SERVICE", 501, body="{}"),
    RawCase(
        "an import by GET",
        "GET /v1/agents/import",
        "METHOD_NOT_ALLOWED",
        405,
        answer_headers={"allow": "POST"},
    ),
    RawCase(
        "a compressed document",
        "POST /v1/agents/import",
        "UNSUPPORTED_MEDIA_TYPE",
        415,
        "x",
        headers={"content-type": "text/plain", "content-encoding": "gzip"},
    ),
    RawCase(
        "a form",
        "POST /v1/agents/import",
        "UNSUPPORTED_MEDIA_TYPE",
        415,
        "name=a",
        headers={"content-type": "application/x-www-form-urlencoded"},
        hint="application/yaml",
    ),
    RawCase(
        "an import of a built-in example",
        "POST /v1/agents/import?from-example=x",
        "UNKNOWN_FIELD",
        body="",
        fields=("from-example",),
    ),
    RawCase(
        "a document above 4 MiB",
        "POST /v1/agents/import",
        "MESSAGE_TOO_LARGE",
        413,
        b"x" * (4 * 1024 * 1024 + 1),
    ),
    RawCase(
        "another content type",
        "POST /v1/sessions",
        "UNSUPPORTED_MEDIA_TYPE",
        415,
        "{}",
        headers={"content-type": "text/plain"},
    ),
    RawCase("no content type", "POST /v1/sessions", "UNSUPPORTED_MEDIA_TYPE", 415, "{}", headers={}),
    RawCase(
        "another charset",
        "POST /v1/sessions",
        "UNSUPPORTED_MEDIA_TYPE",
        415,
        "{}",
        headers={"content-type": "application/json; charset=latin-1"},
    ),
    RawCase(
        "a compressed body",
        "POST /v1/sessions",
        "UNSUPPORTED_MEDIA_TYPE",
        415,
        "{}",
        headers={**JSON, "content-encoding": "gzip"},
    ),
    RawCase(
        "a body above 4 MiB", "POST /v1/sessions", "MESSAGE_TOO_LARGE", 413, b'"' + b"x" * (4 * 1024 * 1024)
    ),
    RawCase(
        "no key",
        "GET /v1/sessions",
        "API_KEY_MISSING",
        401,
        headers={"authorization": ""},
        answer_headers={"www-authenticate": "Bearer"},
    ),
    RawCase("a word for a limit", "GET /v1/sessions?limit=x", "INVALID_FIELD", fields=("limit",)),
    RawCase("a limit of -1", "GET /v1/sessions?limit=-1", "INVALID_FIELD", fields=("limit",)),
    RawCase("an offset of half", "GET /v1/agents?offset=0.5", "INVALID_FIELD", fields=("offset",)),
    RawCase(
        "an offset beyond 32 bits",
        "GET /v1/capabilities?offset=2147483648",
        "INVALID_FIELD",
        fields=("offset",),
    ),
    RawCase("a status that is none", "GET /v1/sessions?status=done", "INVALID_FIELD", fields=("status",)),
    RawCase("a limit twice", "GET /v1/sessions?limit=1&limit=2", "INVALID_FIELD", fields=("limit",)),
    RawCase(
        "an unknown filter",
        "GET /v1/sessions?agentid=x",
        "UNKNOWN_FIELD",
        fields=("agentid",),
        hint="did you mean agent_id?",
    ),
    _body("an empty body", b"", "MALFORMED_BODY"),
    _body("a body cut short", '{"agent_id": "$agent.id"', "MALFORMED_BODY"),
    _body("a body of another language", "agent_id: 1", "MALFORMED_BODY"),
    _body("a list", "[]", "MALFORMED_BODY"),
    _body("null", "null", "MALFORMED_BODY"),
    _body("a text", '"agent"', "MALFORMED_BODY"),
    _body("a byte order mark", b"\xef\xbb\xbf{}", "MALFORMED_BODY"),
    _body("bytes that are not UTF-8", b'{"title": "\xff"}', "MALFORMED_BODY"),
    _body("a comma too many", '{"agent_id": "$agent.id",}', "MALFORMED_BODY"),
    _session("a key twice", '"title": "a", "title": "b"', "MALFORMED_BODY", "title"),
    _session(
        "a key twice, far in",
        '"capabilities": [{"ref": "noop", "config": {"a": 1, "a": 2}}]',
        "MALFORMED_BODY",
        "capabilities[0].config.a",
    ),
    _session("a number for a title", '"title": 1', "INVALID_FIELD", "title"),
    _session("a text for tags", '"tags": "a"', "INVALID_FIELD", "tags"),
    _session("a number for a tag", '"tags": ["a", 1]', "INVALID_FIELD", "tags[1]"),
    _session("a number for a capability", '"capabilities": [1]', "INVALID_FIELD", "capabilities[0]"),
    _session(
        "a list for a config",
        '"capabilities": [{"ref": "noop", "config": []}]',
        "INVALID_FIELD",
        "capabilities[0].config",
    ),
    _session("half a surrogate pair", r'"title": "\ud800"', "INVALID_FIELD", "title"),
    _session("an escaped NUL", r'"title": "\u0000"', "INVALID_FIELD", "title"),
    _session(
        "a number that no double holds",
        '"capabilities": [{"ref": "free_form", "config": {"n": 1e999}}]',
        "NUMBER_NOT_REPRESENTABLE",
        "capabilities[0].config.n",
    ),
    _session(
        "NaN",
        '"capabilities": [{"ref": "free_form", "config": {"n": NaN}}]',
        "NUMBER_NOT_REPRESENTABLE",
        "capabilities[0].config.n",
    ),
    _session(
        "2^53 + 1",
        '"capabilities": [{"ref": "free_form", "config": {"n": 9007199254740993}}]',
        "NUMBER_NOT_REPRESENTABLE",
        "capabilities[0].config.n",
    ),
    _session(
        "a key with a slip",
        '"capabilites": []',
        "UNKNOWN_FIELD",
        "capabilites",
        hint="did you mean capabilities?",
    ),
    _session(
        "a key in camel case", '"agentId": "x"', "UNKNOWN_FIELD", "agentId", hint="did you mean agent_id?"
    ),
    _session(
        "a key with a slip, far in",
        '"capabilities": [{"ref": "noop", "conf": {}}]',
        "UNKNOWN_FIELD",
        "capabilities[0].conf",
        hint="did you mean config?",
    ),
    *(
        _session(f"output only {key}", f'"{key}": null', "OUTPUT_ONLY_FIELD", key)
        for key in ("id", "organization_id", "status", "features", "created_at", "updated_at")
    ),
    *(
        _session(f"unsupported {key}", f'"{key}": {value}', "UNSUPPORTED_FIELD", key)
        for key, value in {
            "tools": '[{"name": "t"}]',
            "initial_files": '[{"path": "/a"}]',
            "locale": '"es"',
            "parallel_tool_calls": "true",
            "mcp_servers": '{"a": {}}',
            "hints": '{"a": 1}',
            "network_access": '{"allow": ["a"]}',
            "max_iterations": "5",
            "harness_id": '"harness_00000000000000000000000000000002"',
            "harness_name": '"other"',
        }.items()
    ),
    RawCase(
        "an output-only key of an agent",
        "POST /v1/agents",
        "OUTPUT_ONLY_FIELD",
        body='{"name": "n", "system_prompt": "p", "status": "active"}',
        fields=("status",),
    ),
    RawCase(
        "a text for a number of iterations",
        "POST /v1/agents",
        "INVALID_FIELD",
        body='{"name": "n", "system_prompt": "p", "max_iterations": "5"}',
        fields=("max_iterations",),
    ),
    RawCase(
        "another id than the path's",
        "PUT /v1/agents/$agent.id",
        "INVALID_FIELD",
        body='{"id": "$other.agent.id", "name": "n", "system_prompt": "p"}',
        fields=("id",),
    ),
    RawCase(
        "a change of a status",
        "PATCH /v1/sessions/$made.id",
        "OUTPUT_ONLY_FIELD",
        body='{"status": "idle"}',
        fields=("status",),
    ),
    RawCase(
        "a change of what there is not",
        "PATCH /v1/sessions/$made.id",
        "UNKNOWN_FIELD",
        body='{"titel": "t"}',
        fields=("titel",),
    ),
    RawCase(
        "an empty idempotency key",
        "POST /v1/sessions",
        "INVALID_FIELD",
        body='{"agent_id": "$agent.id"}',
        headers={**JSON, "idempotency-key": ""},
        fields=("Idempotency-Key",),
    ),
)
"""Requests that the gateway, or the server for it, refuses. `made` is a session of the organization."""

TOLERATED = (
    '"tools": []',
    '"tools": null, "initial_files": [], "locale": null, "parallel_tool_calls": null, "mcp_servers": {}',
    '"hints": {}, "network_access": null, "max_iterations": null, "harness_name": "generic"',
    '"harness_id": "harness_00000000000000000000000000000001"',
    '"harness_id": "harness_00000000-0000-0000-0000-000000000001", "initial_files": null',
)
"""What a body may have besides, since nothing is lost."""
