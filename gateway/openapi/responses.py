"""The responses of operations: what succeeds, and what fails for which reasons."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from gateway import headers
from gateway.json_value import JsonObject
from gateway.openapi.answers import answer_schema
from gateway.openapi.components import Components
from gateway.openapi.documents import answered_contents
from gateway.openapi.failures import failures, meaning
from gateway.openapi.links import Links
from gateway.openapi.problem_schema import PROBLEM, problem_component
from gateway.routes import Binding, is_document
from gateway.transcode import statuses


def responses(binding: Binding, components: Components, links: Links) -> JsonObject:
    """Returns the responses of an operation by status."""
    found: JsonObject = {
        str(status): _success(binding, status, components, links) for status in statuses(binding)
    }
    for status, reasons in failures(binding).items():
        found[str(status)] = failure(status, reasons, components)
    return found


def failure(status: int, reasons: Iterable[str], components: Components) -> JsonObject:
    """Returns the response of calls that fail with this status, for one of these reasons."""
    problem = components.add(PROBLEM, problem_component)
    names = list(reasons)
    schema: JsonObject = {
        "allOf": [problem],
        "properties": {"status": {"const": status}, "code": {"enum": [*names]}},
    }
    lines = (f"- `{name}`: {meaning(name)}" for name in names)
    return {
        "description": "\n".join((f"{HTTPStatus(status).phrase}:", "", *lines)),
        "headers": _headers(headers.REQUEST_ID, *_HEADERS_OF_FAILURES.get(status, ())),
        "content": {"application/problem+json": {"schema": schema}},
    }


def shared_headers() -> JsonObject:
    """Returns the headers of responses, by name."""
    return dict(_HEADERS)


def _success(binding: Binding, status: int, components: Components, links: Links) -> JsonObject:
    names = [headers.REQUEST_ID]
    if status == 201:
        names.append(_LOCATION)
    if binding.idempotency_field is not None:
        names.append(_REPLAYED)
    response: JsonObject = {"description": HTTPStatus(status).phrase, "headers": _headers(*names)}
    if status != 204:
        response["content"] = _content(binding, components)
    if found := links.of(binding):
        response["links"] = found
    return response


def _content(binding: Binding, components: Components) -> JsonObject:
    message = binding.response_message
    if is_document(message):
        return answered_contents(binding)
    schema = answer_schema(message, components)
    if binding.rpc.server_streaming:
        # OpenAPI 3.1 has no word for what a stream's parts are; 3.2 calls it so.
        return {"text/event-stream": {"schema": {"type": "string"}, "x-itemSchema": schema}}
    return {"application/json": {"schema": schema}}


def _headers(*names: str) -> JsonObject:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _header(description: str, schema: JsonObject, *, required: bool = True) -> JsonObject:
    return {"description": description, "required": required, "schema": schema}


_LOCATION = "Location"
_REPLAYED = "Idempotency-Replayed"
_RETRY_AFTER = "Retry-After"
_AUTHENTICATE = "WWW-Authenticate"
_HEADERS_OF_FAILURES = {401: (_AUTHENTICATE,), 429: (_RETRY_AFTER,), 503: (_RETRY_AFTER,)}
_HEADERS: JsonObject = {
    headers.REQUEST_ID: _header(
        "The request's name, as it was given or a new one.", {"type": "string", "minLength": 1}
    ),
    _LOCATION: _header("The path of what was created.", {"type": "string", "format": "uri-reference"}),
    _REPLAYED: _header(
        "There when this key was given the same answer before.",
        {"const": "true"},
        required=False,
    ),
    _RETRY_AFTER: _header("After how many seconds to ask again.", {"type": "integer", "minimum": 1}),
    _AUTHENTICATE: _header("How a key is sent.", {"const": "Bearer"}),
}
