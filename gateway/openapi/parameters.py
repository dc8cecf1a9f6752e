"""The parameters of operations: in the path, the query string, and headers."""

from __future__ import annotations

from google.protobuf.descriptor import FieldDescriptor

from everruns.v1.options_pb2 import FieldLimits
from gateway import headers, proto_options
from gateway.json_value import JsonObject, JsonValue
from gateway.names import json_name
from gateway.openapi.comments import comments, prose
from gateway.openapi.fields import TIMESTAMP, accepted_scalar
from gateway.openapi.strings import accepted_string
from gateway.routes import Binding

_OF_EVERY_CALL = (headers.REQUEST_ID, headers.REQUEST_TIMEOUT, headers.ORGANIZATION_ID)


def parameters(binding: Binding) -> list[JsonValue]:
    """Returns the parameters of an operation. Raises TypeError for a field that none can be."""
    found: list[JsonValue] = [_of_field("path", field) for field in binding.variable_fields]
    found += [_of_field("query", field) for field in binding.query_fields]
    if (field := binding.idempotency_field) is not None:
        schema = accepted_string(proto_options.limits(field), may_be_empty=False)
        found.append(_parameter(headers.IDEMPOTENCY_KEY, "header", schema, _comment(field)))
    if binding.rpc.server_streaming:
        text = "The `id` of the last event that was seen, where to go on; in place of `resume_token`."
        found.append(_parameter(headers.LAST_EVENT_ID, "header", {"type": "string"}, text))
    found += [{"$ref": f"#/components/parameters/{name}"} for name in _OF_EVERY_CALL]
    return found


def shared_parameters() -> JsonObject:
    """Returns the parameters that every operation has, by name."""
    made = (
        _parameter(
            headers.REQUEST_ID,
            "header",
            {"type": "string"},
            "Names the request in the answer and in the log. Default, and in place of anything but 1 to 128 "
            "printable ASCII characters without spaces: a new one.",
        ),
        _parameter(
            headers.REQUEST_TIMEOUT,
            "header",
            {"type": "number", "exclusiveMinimum": 0},
            "How many seconds the call may take. Default, and at most: the gateway's own.",
        ),
        _parameter(
            headers.ORGANIZATION_ID,
            "header",
            accepted_string(FieldLimits(id_of="org"), may_be_empty=False),
            "The organization that the key is for; a key of another one is refused.",
        ),
    )
    return {str(parameter["name"]): parameter for parameter in made}


def _of_field(place: str, field: FieldDescriptor) -> JsonObject:
    required = place == "path" or proto_options.is_required(field)
    schema = _schema(field, required=required)
    made = _parameter(json_name(field), place, schema, _comment(field), required=required)
    if example := proto_options.example(field):
        made["example"] = example
    return made


def _schema(field: FieldDescriptor, *, required: bool) -> JsonObject:
    if field.message_type is not None:
        if field.message_type.full_name != "google.protobuf.Timestamp":
            raise TypeError(f"{field.full_name} has no form in a query string")
        return dict(TIMESTAMP)
    schema = accepted_scalar(field, required=required)
    if not field.is_repeated:
        return schema
    most = proto_options.limits(field).max_items
    return {"type": "array", "items": schema, **({"maxItems": most} if most else {})}


def _parameter(
    name: str, place: str, schema: JsonObject, description: str, *, required: bool = False
) -> JsonObject:
    return {
        "name": name,
        "in": place,
        "required": required,
        "description": description,
        "schema": schema,
    }


def _comment(field: FieldDescriptor) -> str:
    return prose(comments().get(field.full_name, ""))
