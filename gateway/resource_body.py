"""The body of a create or an update: what a caller sets of a resource."""

from __future__ import annotations

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from everruns.v1.error_reason_pb2 import OUTPUT_ONLY_FIELD, UNSUPPORTED_FIELD
from gateway import proto_options
from gateway.json_value import JsonObject, JsonValue
from gateway.names import json_name
from gateway.parse import MessageParser, refuse_unknown
from gateway.tolerated import is_tolerated, loses_nothing
from gateway.violations import Path, Violations


class ResourceBody:
    """Parses bodies into `spec`, what callers may set of `resource`. It may be used from any thread.

    Besides the fields of `spec` a body may have the keys of `tolerated`; a field that only `resource`
    has is refused as output only, even when null, and any other key as unknown.
    """

    def __init__(self, spec: Descriptor, resource: Descriptor) -> None:
        self._parser = MessageParser(spec.fields, self._judge)
        self._immutable = {json_name(field) for field in spec.fields if proto_options.is_immutable(field)}
        self._output_only = {
            json_name(field) for field in resource.fields if proto_options.is_output_only(field)
        }

    def parse(self, message: Message, tree: JsonObject, violations: Violations) -> None:
        """Puts the body into an empty message, and adds everything that is wrong to `violations`."""
        message.SetInParent()
        self._parser.parse(message, tree, None, violations)

    def parse_changes(self, message: Message, tree: JsonObject, violations: Violations) -> list[str]:
        """Does as `parse` for the body of an update, and returns the names, as in the proto, of the fields
        that it has, null or not.

        An immutable field is named and not read: the server refuses it by its name, whatever its value.
        """
        mutable = {key: value for key, value in tree.items() if key not in self._immutable}
        self.parse(message, mutable, violations)
        fields = self._parser.fields
        return [fields[key].name for key in tree if key in fields]

    def _judge(self, key: str, value: JsonValue, path: Path, violations: Violations) -> None:
        if is_tolerated(key):
            if not loses_nothing(key, value):
                violations.add(path, UNSUPPORTED_FIELD, "this service does not have it; leave it out")
        elif key in self._output_only:
            violations.add(path, OUTPUT_ONLY_FIELD, "only answers have it; leave it out")
        else:
            refuse_unknown(key, self._parser.fields, path, violations)
