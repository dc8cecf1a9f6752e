"""The whole document."""

from __future__ import annotations

from collections.abc import Sequence

from everruns.v1.error_reason_pb2 import INTERNAL, SERVER_UNAVAILABLE, ErrorReason
from gateway import headers, health
from gateway.json_value import JsonObject, JsonValue
from gateway.openapi.comments import comments, prose
from gateway.openapi.components import Components
from gateway.openapi.failures import by_status
from gateway.openapi.links import Links
from gateway.openapi.operation_names import path_template
from gateway.openapi.operations import operation, tag
from gateway.openapi.parameters import shared_parameters
from gateway.openapi.responses import failure, shared_headers
from gateway.routes import Binding

_DESCRIPTION = """\
Creates and keeps sessions, the conversations in which an AI agent works.

Keys are those of the protos, `agent_id`; enums are lower case. In answers every key that is required here is
always there, and what is unset is `null`; more keys may come. Bodies may have the keys that are listed here
and no other; one that is `null` is as if it were not there, but clears the field in a change. A string never
holds U+0000.
"""


def document(bindings: Sequence[Binding]) -> JsonObject:
    """Returns the document of these HTTP forms of RPCs.

    Raises TypeError or ValueError for a form that it cannot describe, so that it shows at start-up.
    """
    components, links = Components(), Links(bindings)
    paths: dict[str, JsonObject] = {}
    for binding in bindings:
        path = paths.setdefault(path_template(binding), {})
        path[binding.method.lower()] = operation(binding, components, links)
    paths[health.PATH] = {"get": _health(components)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "everruns-sessions", "version": _version(bindings), "description": _DESCRIPTION},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}, {"key": []}],
        "tags": _tags(bindings),
        "paths": {**paths},
        "components": {
            "schemas": components.schemas(),
            "parameters": shared_parameters(),
            "headers": shared_headers(),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "An API key."},
                "key": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "An API key alone, or after `ApiKey `.",
                },
            },
        },
    }


def _version(bindings: Sequence[Binding]) -> str:
    [package] = {binding.rpc.containing_service.file.package for binding in bindings}
    return package.rpartition(".")[2]


def _tags(bindings: Sequence[Binding]) -> list[JsonValue]:
    services = {tag(binding): binding.rpc.containing_service.full_name for binding in bindings}
    # What follows is on gRPC and on errors, which each operation has by itself.
    return [
        {"name": name, "description": prose(comments().get(service, "")).partition("\n\n")[0]}
        for name, service in services.items()
    ]


def _health(components: Components) -> JsonObject:
    body: JsonObject = {"type": "object", "properties": {"status": {"const": "ok"}}, "required": ["status"]}
    reasons = by_status(map(ErrorReason.Name, (SERVER_UNAVAILABLE, INTERNAL)))
    return {
        "operationId": "Health",
        "summary": "Answers whether the service can be used",
        "security": [],
        "responses": {
            "200": {
                "description": "It can.",
                "headers": {headers.REQUEST_ID: {"$ref": f"#/components/headers/{headers.REQUEST_ID}"}},
                "content": {"application/json": {"schema": body}},
            },
            **{str(status): failure(status, names, components) for status, names in reasons.items()},
        },
    }
