"""The operations of the document, one for each HTTP form of an RPC."""

from __future__ import annotations

import orjson

from gateway import proto_options
from gateway.json_value import JsonObject, JsonValue
from gateway.openapi.bodies import body_schema
from gateway.openapi.comments import comments, prose
from gateway.openapi.components import Components
from gateway.openapi.documents import JSON, accepted_contents
from gateway.openapi.links import Links
from gateway.openapi.operation_names import operation_id
from gateway.openapi.parameters import parameters
from gateway.openapi.responses import responses
from gateway.routes import Binding, is_document


def operation(binding: Binding, components: Components, links: Links) -> JsonObject:
    """Returns an operation. Raises TypeError for a field that has no form in REST."""
    effect = prose(comments().get(binding.rpc.full_name, "")).partition("\n\n")[0]
    made: JsonObject = {
        "operationId": operation_id(binding),
        "summary": effect.partition(". ")[0].partition(";")[0].partition(":")[0].rstrip("."),
        "description": effect,
        "tags": [tag(binding)],
        "parameters": parameters(binding),
        "responses": responses(binding, components, links),
    }
    if (body := _body(binding, components)) is not None:
        made["requestBody"] = body
    return made


def tag(binding: Binding) -> str:
    """Returns the heading under which an operation is listed, which its service gives: `Sessions`."""
    name = binding.rpc.containing_service.name.removesuffix("Service")
    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"


def _body(binding: Binding, components: Components) -> JsonObject | None:
    message = binding.body_message
    if message is None:
        return None
    if is_document(message):
        contents = accepted_contents(binding, components)
    else:
        schema = body_schema(message, components, changes=binding.changes_by_mask)
        contents = {JSON: {"schema": schema}}
    if examples := _examples(binding):
        contents[JSON]["examples"] = examples
    return {"required": True, "content": {**contents}}


def _examples(binding: Binding) -> JsonObject:
    found: dict[str, JsonValue] = {}
    for example in proto_options.examples(binding.rpc):
        key = example.summary.lower().replace(" ", "-")
        found[key] = {"summary": example.summary, "value": orjson.loads(example.body)}
    return found
