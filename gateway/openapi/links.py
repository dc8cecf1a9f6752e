"""Links: how an answer's id goes into other calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from gateway import proto_options
from gateway.json_value import JsonObject
from gateway.names import json_name
from gateway.openapi.operation_names import operation_id
from gateway.routes import Binding

_ID = "$response.body#/id"


class Links:
    """The links between these operations, found by what their fields identify."""

    def __init__(self, bindings: Iterable[Binding]) -> None:
        self._to: dict[str, JsonObject] = defaultdict(dict)
        for binding in bindings:
            name = operation_id(binding)
            for field in (*binding.variable_fields, *binding.query_fields):
                if kind := proto_options.limits(field).id_of:
                    self._to[kind][name] = {"operationId": name, "parameters": {json_name(field): _ID}}
            if binding.body_message is None or binding.variables:
                continue
            for field in binding.body_message.fields:
                kind = proto_options.limits(field).id_of
                # Its own id is not what a resource is made from.
                if kind and field.name != "id":
                    self._to[kind][name] = {"operationId": name, "requestBody": {json_name(field): _ID}}

    def of(self, binding: Binding) -> JsonObject:
        """Returns the links of an operation that answers one resource, none of another."""
        id_field = binding.response_message.fields_by_name.get("id")
        return dict(self._to.get(proto_options.limits(id_field).id_of, {})) if id_field is not None else {}
