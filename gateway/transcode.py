"""One HTTP form of an RPC, both ways: the request message from HTTP, the answer from the response message.

Planned once from the descriptors; nothing about a particular RPC is written here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter

from google.api.httpbody_pb2 import HttpBody
from google.protobuf.descriptor import Descriptor
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from everruns.v1.error_reason_pb2 import INVALID_FIELD
from gateway.exchange import Answer, json_answer
from gateway.headers import IDEMPOTENCY_KEY
from gateway.json_body import decode_object
from gateway.names import json_name
from gateway.problem import refusal_of_fields
from gateway.query import QueryParser
from gateway.render import renderer
from gateway.resource_body import ResourceBody
from gateway.routes import REQUEST_ID, UPDATE_MASK, Binding, is_document
from gateway.scalars import TextScalar, text_scalar
from gateway.violations import Path, Violations

_CREATED = "created"
_EMPTY = "google.protobuf.Empty"
_CREATING = ("Create", "Copy", "Import")


class RequestTranscoder:
    """Makes the request message of an RPC. It may be used from any thread.

    Raises ValueError or TypeError for a form that cannot be served, so that it shows at start-up.
    """

    def __init__(self, binding: Binding) -> None:
        request = binding.rpc.input_type
        self._class = GetMessageClass(request)
        self._variables = [
            (variable.split("."), text_scalar(field) if field.type != field.TYPE_STRING else None)
            for variable, field in zip(binding.variables, binding.variable_fields, strict=True)
        ]
        self._body_field = binding.body
        self._body = resource_body(binding)
        self._masked = binding.changes_by_mask
        self._query = QueryParser(binding.query_fields)
        self.takes_json = self._body is not None
        self.takes_document = is_document(binding.body_message)
        """Whether the body is handed on as it is, with its content type (google.api.HttpBody)."""
        self.takes_idempotency_key = binding.idempotency_field is not None
        self.rest_names = rest_names(request)

    def request(
        self,
        path_values: Sequence[str],
        query: bytes,
        body: bytes,
        idempotency_key: str | None,
        content_type: bytes = b"",
    ) -> Message:
        """Returns the request message; the content type is that of a document.

        Raises Problem with every violation in the query and the body, or for a body that is not JSON.
        """
        message = self._class()
        violations = Violations()
        self._query.parse(message, query, violations)
        if self._body is not None:
            self._put_body(message, self._body, body, violations)
        elif self.takes_document:
            document: HttpBody = getattr(message, self._body_field)
            document.SetInParent()
            # Latin-1 has a character for every byte, so this never fails.
            document.content_type, document.data = content_type.decode("latin-1"), body
        for (variable, number), value in zip(self._variables, path_values, strict=True):
            if number is None:
                _put_variable(message, variable, value, violations)
            else:
                _put_number(message, variable[-1], number, value, violations)
        if violations:
            raise refusal_of_fields(violations)
        if idempotency_key is not None and self.takes_idempotency_key:
            setattr(message, REQUEST_ID, idempotency_key)
        return message

    def _put_body(
        self, message: Message, resource_body: ResourceBody, body: bytes, violations: Violations
    ) -> None:
        tree = decode_object(body, violations)
        resource: Message = getattr(message, self._body_field)
        if self._masked:
            mask: FieldMask = getattr(message, UPDATE_MASK)
            mask.paths.extend(resource_body.parse_changes(resource, tree, violations))
        else:
            resource_body.parse(resource, tree, violations)


class ResponseTranscoder:
    """Makes the answer from the response message of an RPC. It may be used from any thread.

    The status follows from the RPC: 204 without a body for google.protobuf.Empty; 201 with a
    `Location` for a method whose name begins with Create, Copy or Import, or for a response that says
    `created`; else 200. The answer of google.api.HttpBody is its data, as of its content type.
    """

    def __init__(self, binding: Binding) -> None:
        response = binding.rpc.output_type
        self._empty = response.full_name == _EMPTY
        is_text = is_document(binding.response_message)
        self._render = renderer(binding.response_message) if not is_text else None
        self._resource_field = binding.response_body
        self._is_created = _created(binding)
        # An answer that has more than the resource has it in a field of the name that it has in the request.
        within = binding.body and not binding.response_body and binding.body in response.fields_by_name
        self._made_id = attrgetter(f"{binding.body}.id" if within else "id")
        self._collection = "/".join(binding.path.split("/")[:3])

    def answer(self, response: Message) -> Answer:
        """Returns the answer."""
        if self._empty:
            return Answer(204)
        if self._render is None:
            return _document_answer(response)
        resource = getattr(response, self._resource_field) if self._resource_field else response
        tree = self._render(resource)
        if self._is_created(response):
            location = f"{self._collection}/{self._made_id(resource)}"
            return json_answer(201, tree, (b"location", location.encode()))
        return json_answer(200, tree)


def rest_names(request: Descriptor) -> Mapping[str, str]:
    """Returns what REST calls each field of a request."""
    return {
        field.name: IDEMPOTENCY_KEY if field.name == REQUEST_ID else json_name(field)
        for field in request.fields
    }


def resource_body(binding: Binding) -> ResourceBody | None:
    """Returns how a JSON body of this form is parsed, None where it has none."""
    spec = binding.body_message
    if spec is None or is_document(spec):
        return None
    # An answer that has more than the resource has it in a field of the name that it has in the request.
    response = binding.response_message
    within = response.fields_by_name.get(binding.body)
    resource = within.message_type if within is not None else None
    return ResourceBody(spec, resource or response)


def statuses(binding: Binding) -> list[int]:
    """Returns the statuses of the answers that are no errors, as `ResponseTranscoder` makes them."""
    if binding.rpc.output_type.full_name == _EMPTY:
        return [204]
    if _CREATED in binding.rpc.output_type.fields_by_name:
        return [200, 201]
    return [201] if _always_creates(binding) else [200]


def _created(binding: Binding) -> Callable[[Message], bool]:
    if _CREATED in binding.rpc.output_type.fields_by_name:
        return attrgetter(_CREATED)
    always = _always_creates(binding)
    return lambda _: always


def _always_creates(binding: Binding) -> bool:
    return binding.rpc.name.startswith(_CREATING)


def _document_answer(response: Message) -> Answer:
    if not isinstance(response, HttpBody):
        raise TypeError(f"{response.DESCRIPTOR.full_name} is no document")
    return Answer(200, response.data, ((b"content-type", response.content_type.encode("latin-1")),))


def _put_variable(message: Message, steps: Sequence[str], value: str, violations: Violations) -> None:
    *parents, name = steps
    for parent in parents:
        message = getattr(message, parent)
    given = getattr(message, name)
    if given and not _is_same_id(given, value):
        # A variable in a field of its own cannot be in the body, so the path begins below the body.
        path: Path = (None, name)
        violations.add(path, INVALID_FIELD, "is another than the one in the path; leave it out")
    setattr(message, name, value)


def _put_number(message: Message, name: str, number: TextScalar, text: str, violations: Violations) -> None:
    """Puts a number of the path into a field of the request itself."""
    value = number.read(text)
    if value is None:
        violations.add((None, name), INVALID_FIELD, number.expected)
    else:
        setattr(message, name, value)


def _is_same_id(one: str, other: str) -> bool:
    # An id may be written with hyphens and in upper case.
    return one.lower().replace("-", "") == other.lower().replace("-", "")
