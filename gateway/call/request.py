"""From what is typed to the request message of an RPC."""

from __future__ import annotations

from google.api.httpbody_pb2 import HttpBody
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from gateway.json_body import decode_object
from gateway.parse import MessageParser
from gateway.problem import refusal_of_fields
from gateway.routes import REQUEST_ID, UPDATE_MASK, Binding, is_document
from gateway.transcode import resource_body, rest_names
from gateway.violations import Violations


class RequestForm:
    """Makes requests of one RPC.

    They are typed as one JSON object with all that REST has in the path, the query and the body, under the
    same keys; one that the path and the body have is the path's. Where the body is a document, that alone is
    typed. The idempotency key is apart from both, as in REST.
    """

    def __init__(self, form: Binding) -> None:
        """Raises TypeError for an RPC that has a field without a form in JSON."""
        self._form = form
        self._class = GetMessageClass(form.rpc.input_type)
        self.takes_document = is_document(form.body_message)
        self._body = resource_body(form)
        self._parser = MessageParser(
            field
            for field in form.rpc.input_type.fields
            if field.name not in (form.body, REQUEST_ID, UPDATE_MASK)
        )
        self.rest_names = rest_names(form.rpc.input_type)
        """What REST calls each field, with which errors name it."""

    def request(self, typed: bytes, content_type: str, idempotency_key: str | None) -> Message:
        """Returns the request; the content type is that of a document, empty for what it shows itself to be.

        Raises Problem with everything that is wrong with the JSON.
        """
        message = self._class()
        if self.takes_document:
            document: HttpBody = getattr(message, self._form.body)
            document.SetInParent()
            document.content_type, document.data = content_type, typed
        else:
            self._put(message, typed)
        if idempotency_key is not None:
            setattr(message, REQUEST_ID, idempotency_key)
        return message

    def _put(self, message: Message, typed: bytes) -> None:
        violations = Violations()
        tree = decode_object(typed, violations)
        if self._body is None:
            self._parser.parse(message, tree, None, violations)
        else:
            around = {key: value for key, value in tree.items() if key in self._parser.fields}
            within = {key: value for key, value in tree.items() if key not in around}
            self._parser.parse(message, around, None, violations)
            resource: Message = getattr(message, self._form.body)
            if self._form.changes_by_mask:
                mask: FieldMask = getattr(message, UPDATE_MASK)
                mask.paths.extend(self._body.parse_changes(resource, within, violations))
            else:
                self._body.parse(resource, within, violations)
        if violations:
            raise refusal_of_fields(violations)
