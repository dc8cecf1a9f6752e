"""The OpenAPI document: valid, complete, and as the gateway serves it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from google.rpc.code_pb2 import Code
from jsonschema_rs import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from everruns.v1 import error_reason_pb2
from gateway import proto_options
from gateway.openapi.comments import comments
from gateway.openapi.document import document
from gateway.routes import bindings, service_descriptors
from gateway.settings import Settings
from tests.gateway.unit.running_gateway import running_gateway

BINDINGS = bindings(service_descriptors())
DOCUMENT: dict[str, Any] = document(BINDINGS)
OPERATIONS = {
    (method.upper(), path): operation
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
}
SCHEMAS = DOCUMENT["components"]["schemas"]


def everything(node: object) -> Iterator[dict[str, Any]]:
    """Every object within."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from everything(value)
    elif isinstance(node, list):
        for value in node:
            yield from everything(value)


def test_it_is_valid() -> None:
    OpenAPIV31SpecValidator(json.loads(json.dumps(DOCUMENT))).validate()


def test_every_form_of_every_rpc_is_there() -> None:
    forms = {(b.method, re.sub(r"\{\w+\.", "{", b.path)) for b in BINDINGS}
    assert OPERATIONS.keys() == forms | {("GET", "/health")}


def test_operations_have_names_of_their_own_and_say_what_they_do() -> None:
    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(names)) == len(names)
    assert all(operation["summary"] for operation in OPERATIONS.values())


def test_links_lead_to_operations() -> None:
    names = {operation["operationId"] for operation in OPERATIONS.values()}
    links = [
        link
        for operation in OPERATIONS.values()
        for response in operation["responses"].values()
        for link in response.get("links", {}).values()
    ]
    assert {link["operationId"] for link in links} <= names
    created = OPERATIONS["POST", "/v1/sessions"]["responses"]["201"]["links"]
    assert created.keys() >= {"GetSession", "UpdateSession", "DeleteSession", "GetRuntimeAgent"}
    applied = OPERATIONS["POST", "/v1/agents"]["responses"]["201"]["links"]
    assert applied["CreateSession"]["requestBody"] == {"agent_id": "$response.body#/id"}


def test_names_are_those_of_the_protos() -> None:
    keys = {
        key
        for schema in SCHEMAS.values()
        for node in everything(schema)
        for key in node.get("properties", {})
    }
    assert "agent_id" in keys
    assert [key for key in keys if not re.fullmatch("[a-z][a-z0-9_]*", key)] == []


def test_every_key_of_an_answer_is_required_and_its_null_is_told() -> None:
    session = SCHEMAS["Session"]
    assert session["required"] == [key for key in session["properties"] if key != "expires_at"]
    assert session["properties"]["title"]["type"] == ["string", "null"]
    assert session["properties"]["status"]["enum"] == ["started", "active", "idle"]
    assert session["properties"]["id"]["pattern"] == "^session_[0-9a-f]{32}$"
    preview = SCHEMAS["PreviewSessionResponse"]["properties"]["session"]
    assert SCHEMAS[preview["$ref"].rpartition("/")[2]]["properties"]["id"]["type"] == "null"
    listed = SCHEMAS["ListCapabilitiesResponse"]["properties"]
    assert listed["items"] == listed["data"]


def test_a_key_that_is_shown_when_set_is_not_required_and_never_null() -> None:
    entry = SCHEMAS["CapabilityConfig"]
    assert list(entry["properties"]) == ["ref", "config", "mode", "locked"]
    assert entry["required"] == ["ref", "config"]
    assert entry["properties"]["mode"]["type"] == "string"
    assert entry["properties"]["locked"]["type"] == "array"


def test_what_a_preview_lacks_may_be_null_there_alone() -> None:
    preview = SCHEMAS["PreviewAgentResponse"]["properties"]
    agent = SCHEMAS[preview["agent"]["$ref"].rpartition("/")[2]]["properties"]
    assert (agent["id"]["type"], agent["created_at"]["type"]) == (["string", "null"], "null")
    assert SCHEMAS["Agent"]["properties"]["id"]["type"] == "string"
    part = SCHEMAS["PromptPart"]["properties"]["brought_by"]
    assert {"type": "null"} in part["anyOf"]


@pytest.mark.parametrize(
    ("schema", "body", "accepted"),
    [
        ("SessionSpec", {"agent_name": "a"}, True),
        ("SessionSpec", {"agent_id": "AGENT_01234567-89AB-cdef-0123-456789abcdef", "agent_name": None}, True),
        ("SessionSpec", {"agent_name": "a", "capabilities": ["noop", {"ref": "noop", "config": None}]}, True),
        ("SessionSpec", {"agent_name": "a", "tools": [], "locale": None, "harness_name": "generic"}, True),
        ("SessionSpec", {"agent_name": "a", "harness_id": "harness_00000000000000000000000000000001"}, True),
        ("SessionSpec", {}, False),
        ("SessionSpec", {"agent_id": "agent_1"}, False),
        ("SessionSpec", {"agent_name": "a", "title": ""}, False),
        ("SessionSpec", {"agent_name": "a", "title": "t" * 501}, False),
        ("SessionSpec", {"agent_name": "a", "title": "a\0b"}, False),
        ("SessionSpec", {"agent_name": "a", "tags": ["t"] * 51}, False),
        ("SessionSpec", {"agent_name": "a", "status": "started"}, False),
        ("SessionSpec", {"agent_name": "a", "tools": ["t"]}, False),
        ("SessionSpec", {"agent_name": "a", "harness_id": "harness_00000000000000000000000000000002"}, False),
        (
            "SessionSpec",
            {"agent_name": "a", "capabilities": [{"ref": "noop", "config": {"n": 2**60}}]},
            False,
        ),
        ("SessionSpec", {"agent_name": "a", "capabilities": [{"ref": "noop", "mode": "exclude"}]}, True),
        ("SessionSpec", {"agent_name": "a", "capabilities": [{"ref": "noop", "locked": []}]}, True),
        ("SessionSpec", {"agent_name": "a", "capabilities": [{"ref": "noop", "locked": ["/a"]}]}, False),
        (
            "SessionSpec",
            {"agent_name": "a", "capabilities": [{"ref": "noop", "mode": "exclude", "config": {}}]},
            False,
        ),
        (
            "AgentSpec",
            {"name": "a", "system_prompt": "p", "capabilities": [{"ref": "noop", "locked": ["/a~1b", ""]}]},
            True,
        ),
        (
            "AgentSpec",
            {"name": "a", "system_prompt": "p", "capabilities": [{"ref": "noop", "locked": ["/\0"]}]},
            False,
        ),
        ("AgentSpecDocument", {"name": "a", "system_prompt": "p", "tools": [], "status": None}, True),
        ("AgentSpecDocument", {"name": "a", "system_prompt": "p", "tools": ["t"]}, False),
        ("AgentSpecDocument", {"name": "a"}, False),
        ("SessionSpecChanges", {"title": None}, True),
        ("SessionSpecChanges", {"agent_id": "agent_0123456789abcdef0123456789abcdef"}, False),
        ("AgentSpec", {"name": "a", "system_prompt": "p", "max_iterations": 1000}, True),
        ("AgentSpec", {"name": "a", "system_prompt": "p", "max_iterations": 1001}, False),
        ("AgentSpec", {"name": "a", "system_prompt": None}, False),
        ("AgentSpecChanges", {"description": None}, True),
        ("AgentSpecChanges", {"name": None}, False),
    ],
)
def test_bodies(schema: str, body: dict[str, object], accepted: bool) -> None:
    reference = {"$ref": f"#/components/schemas/{schema}", "components": DOCUMENT["components"]}
    assert Draft202012Validator(reference).is_valid(body) == accepted


def test_parameters_are_those_of_the_query() -> None:
    listed = OPERATIONS["GET", "/v1/sessions"]["parameters"]
    by_name = {parameter["name"]: parameter for parameter in listed if "name" in parameter}
    assert by_name["limit"]["schema"]["minimum"] == 0
    assert by_name["tags"]["schema"]["items"]["maxLength"] == 100
    assert by_name["status"]["schema"]["enum"] == ["started", "active", "idle"]
    assert "page_size" not in by_name
    assert "Idempotency-Key" not in by_name
    for name in ("created_after", "created_before"):
        assert (by_name[name]["schema"]["type"], by_name[name]["schema"]["format"]) == ("string", "date-time")
        assert not by_name[name]["required"]
    compared = OPERATIONS["GET", "/v1/sessions:compare"]["parameters"]
    assert [parameter["name"] for parameter in compared if parameter.get("required")] == ["a", "b"]
    made = OPERATIONS["POST", "/v1/sessions"]["parameters"]
    [key] = [parameter for parameter in made if parameter.get("name") == "Idempotency-Key"]
    assert (key["in"], key["schema"]["pattern"]) == ("header", "^(?:[!-~]{1,255})$")


def test_documents_have_their_media_types() -> None:
    imported = OPERATIONS["POST", "/v1/agents/import"]["requestBody"]["content"]
    assert list(imported) == ["text/markdown", "text/plain", "application/yaml", "application/json"]
    text = Draft202012Validator(imported["text/markdown"]["schema"])
    assert [text.is_valid(value) for value in ("a", "", "a\0b")] == [True, False, False]
    for kind in ("application/yaml", "application/json"):
        assert imported[kind]["schema"] == {"$ref": "#/components/schemas/AgentSpecDocument"}
    exported = OPERATIONS["GET", "/v1/agents/{id}/export"]["responses"]["200"]["content"]
    assert exported == {"text/markdown": {"schema": {"type": "string"}}}
    everywhere = [key for node in everything(DOCUMENT) for key in node.get("content", {})]
    assert "*/*" not in everywhere


def reasons(method: str, path: str, status: int) -> list[str]:
    """The reasons that an operation has with a status."""
    response = OPERATIONS[method, path]["responses"][str(status)]
    found: list[str] = response["content"]["application/problem+json"]["schema"]["properties"]["code"]["enum"]
    return found


def test_reasons_are_those_of_the_comments() -> None:
    assert reasons("GET", "/v1/sessions/{id}", 404) == ["SESSION_NOT_FOUND", "ROUTE_NOT_FOUND"]
    assert reasons("POST", "/v1/sessions:preview", 404) == [
        "AGENT_NOT_FOUND",
        "AGENT_VERSION_NOT_FOUND",
    ]
    assert "AGENT_ARCHIVED" in reasons("POST", "/v1/sessions:preview", 400)
    changed = reasons("PATCH", "/v1/sessions/{id}", 400)
    assert {"IMMUTABLE_FIELD", "INVALID_CONFIG"} <= set(changed)
    assert "AGENT_ARCHIVED" not in changed
    assert reasons("GET", "/v1/sessions", 429) == ["QUEUE_FULL", "RATE_LIMITED"]
    assert "QUOTA_EXCEEDED" in reasons("POST", "/v1/sessions", 400)


def test_comments_name_reasons_beside_their_codes() -> None:
    values = error_reason_pb2.DESCRIPTOR.enum_types_by_name["ErrorReason"].values_by_name
    for rpc in {binding.rpc.full_name: binding.rpc for binding in BINDINGS}.values():
        text = comments()[rpc.full_name]
        for code, named in re.findall(r"^([A-Z_]+)((?:[ ,\n]+`[A-Z_]+`)+)", text, re.MULTILINE):
            for reason in re.findall("`([A-Z_]+)`", named):
                assert Code.Name(proto_options.grpc_code(values[reason])) == code, (rpc.full_name, reason)


def test_examples_of_schemas_are_valid() -> None:
    with_examples = [node for node in everything(SCHEMAS) if isinstance(node.get("examples"), list)]
    assert with_examples
    for schema in with_examples:
        for example in schema["examples"]:
            Draft202012Validator(schema).validate(example)


def test_it_is_served_with_an_etag(client: httpx.Client) -> None:
    answer = client.get("/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.json() == json.loads(json.dumps(DOCUMENT))
    tag = answer.headers["etag"]
    assert tag.startswith('"')
    again = client.get("/openapi.json", headers={"if-none-match": f'W/"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get("/openapi.json", headers={"if-none-match": '"other"'}).status_code == 200


def test_the_page_is_strict(client: httpx.Client) -> None:
    page = client.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for name in re.findall(r'(?:src|href)="(docs/[^"]+)"', page.text):
        assert client.get(f"/{name}").status_code == 200, name
    moved = client.get("/docs/")
    assert moved.status_code == 308
    assert moved.headers["location"] == "../docs"


def test_it_can_be_switched_off() -> None:
    with running_gateway(Settings(docs=False)) as url, httpx.Client(base_url=url, trust_env=False) as client:
        for path in ("/openapi.json", "/docs", "/docs/swagger-ui.css"):
            assert client.get(path).status_code == 404
