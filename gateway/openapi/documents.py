"""Documents (google.api.HttpBody) in requests and answers: their media types, and what is in them."""

from __future__ import annotations

from gateway import proto_options
from gateway.json_value import JsonObject
from gateway.openapi.bodies import document_schema
from gateway.openapi.components import Components
from gateway.openapi.strings import ANY_TEXT
from gateway.routes import Binding

JSON = "application/json"

_TREES = (JSON, "application/yaml")
_TEXT: JsonObject = {"type": "string"}


def accepted_contents(binding: Binding, components: Components) -> dict[str, JsonObject]:
    """Returns the content by media type of a request that is a document. What text a document in Markdown
    may be no schema tells. Raises KeyError for a message that its option names and nobody has."""
    request = binding.rpc.input_type
    document = proto_options.document_form(request.fields_by_name[binding.body])
    spec = request.file.pool.FindMessageTypeByName(document.fields_of)
    tree = document_schema(spec, components)
    return {
        media_type: {
            "schema": tree if media_type in _TREES else {**_TEXT, "minLength": 1, "pattern": ANY_TEXT}
        }
        for media_type in document.media_types
    }


def answered_contents(binding: Binding) -> JsonObject:
    """Returns the content by media type of an answer that is a document."""
    document = proto_options.answered_document(binding.rpc)
    return {media_type: {"schema": dict(_TEXT)} for media_type in document.media_types}
