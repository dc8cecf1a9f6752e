"""Whether what REST answers is what its OpenAPI document says."""

from __future__ import annotations

import re
from functools import cache
from typing import cast

import httpx
from jsonschema_rs import Draft202012Validator, ValidationError

from gateway.openapi.document import document
from gateway.openapi.operation_names import path_template
from gateway.routes import bindings, service_descriptors
from tests.wire.harness.json_value import Json, JsonObject

_BINDINGS = bindings(service_descriptors())
DOCUMENT: JsonObject = document(_BINDINGS)
"""What the gateway serves as /openapi.json."""

_WITH_SLASHES = {path_template(binding) for binding in _BINDINGS if "=**" in binding.template}
"""The paths whose variable may hold slashes; a client that knows only OpenAPI encodes them."""


def undescribed(response: httpx.Response) -> list[str]:
    """What the document does not say of an answer to a described operation, a line each. A key that it
    does not name counts, though clients must take one."""
    operation = _operation(response.request)
    described = cast("dict[str, JsonObject]", operation["responses"]).get(str(response.status_code))
    if described is None:
        return [f"{operation['operationId']} never answers {response.status_code}"]
    found = [
        f"the header {name} is not there"
        for name in cast(JsonObject, described.get("headers", {}))
        if _header(name)["required"] and name not in response.headers
    ]
    content = cast("dict[str, JsonObject]", described.get("content", {}))
    if not response.content:
        return [*found, *(f"{kind} is not there" for kind in content)]
    kind = response.headers["content-type"].partition(";")[0]
    if kind not in content:
        return [*found, f"{kind} is not among {list(content)}"]
    place = _pointer("paths", *_template(response.request), "responses", str(response.status_code))
    body = response.json() if kind.endswith("json") else response.text
    errors = _validator(f"{place}/content/{kind.replace('/', '~1')}/schema").iter_errors(body)
    return [*found, *map(_told, errors)]


def body_errors(method: str, path: str, body: Json) -> list[str]:
    """What the document has against a body of an operation, a line each."""
    place = _pointer("paths", path, method.lower(), "requestBody")
    errors = _validator(f"{place}/content/application~1json/schema").iter_errors(body)
    return [*map(_told, errors)]


def _told(error: ValidationError) -> str:
    return f"{'.'.join(map(str, error.instance_path)) or 'the whole'}: {error.message[:500]}"


def _operation(request: httpx.Request) -> JsonObject:
    path, method = _template(request)
    return cast("dict[str, dict[str, JsonObject]]", DOCUMENT["paths"])[path][method]


def _template(request: httpx.Request) -> tuple[str, str]:
    # A constant path comes before one with variables that it would fit.
    # And one that ends in a verb, before one that ends in a variable that would take it in.
    for path in sorted(
        cast(JsonObject, DOCUMENT["paths"]), key=lambda path: (path.count("{"), path.endswith("}"))
    ):
        value = ".+" if path in _WITH_SLASHES else "[^/]+"
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", value, re.escape(path)), request.url.path):
            return path, request.method.lower()
    raise AssertionError(f"{request.url.path} is not described")


def _header(name: str) -> JsonObject:
    components = cast("dict[str, dict[str, JsonObject]]", DOCUMENT["components"])
    return components["headers"][name]


def _pointer(*steps: str) -> str:
    return "#/" + "/".join(step.replace("~", "~0").replace("/", "~1") for step in steps)


@cache
def _validator(pointer: str) -> Draft202012Validator:
    components = cast("dict[str, dict[str, JsonObject]]", DOCUMENT["components"])
    closed = {
        name: {"additionalProperties": False, **schema} if schema.get("type") == "object" else schema
        for name, schema in components["schemas"].items()
    }
    whole = {**DOCUMENT, "components": {**components, "schemas": closed}}
    return Draft202012Validator({"$ref": pointer.replace("{", "%7B").replace("}", "%7D"), **whole})
