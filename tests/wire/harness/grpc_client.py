"""Calls over gRPC."""

from __future__ import annotations

import base64
import uuid
from typing import TypeAlias, cast

import grpc
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RequestInfo, RetryInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from tests.wire.harness.call import Call, Transport, messages_of
from tests.wire.harness.json_value import Json, JsonObject
from tests.wire.harness.outcome import Answer, Failure, Outcome, Violation
from tests.wire.harness.render import render
from tests.wire.harness.rpc import METHODS, method

Metadata: TypeAlias = tuple[tuple[str, str | bytes], ...]


class GrpcClient:
    """A client over a channel."""

    transport: Transport = "grpc"

    def __init__(self, channel: grpc.Channel) -> None:
        self.channel = channel

    def call(self, call: Call) -> Outcome:
        """What the call came to; of a refusal, whether it has the details that all have."""
        return self.send(call, request_of(call))

    def send(self, call: Call, request: Message) -> Outcome:
        """The same with a request of the caller's own."""
        rpc = method(call.rpc)
        if METHODS[call.rpc].server_streaming:
            return self._watch(call, request)
        callable = self.channel.unary_unary(
            rpc.path,
            request_serializer=rpc.request.SerializeToString,
            response_deserializer=rpc.response.FromString,
        )
        request_id = uuid.uuid4().hex
        try:
            response, ended = callable.with_call(
                request, timeout=call.timeout, metadata=metadata_of(call, request_id)
            )
        except grpc.RpcError as error:
            return failure(cast("grpc.RpcError | grpc.Call", error), request_id)
        replayed = ("idempotency-replayed", "true") in [tuple(pair) for pair in ended.initial_metadata()]
        return _answer(call, response, replayed)

    def _watch(self, call: Call, request: Message) -> Outcome:
        """The first messages of a stream, which is then left."""
        rpc = method(call.rpc)
        callable = self.channel.unary_stream(
            rpc.path,
            request_serializer=rpc.request.SerializeToString,
            response_deserializer=rpc.response.FromString,
        )
        request_id = uuid.uuid4().hex
        stream = callable(request, timeout=call.timeout, metadata=metadata_of(call, request_id))
        try:
            messages: list[Json] = [render(next(stream)) for _ in range(messages_of(call))]
        except grpc.RpcError as error:
            return failure(cast("grpc.RpcError | grpc.Call", error), request_id)
        finally:
            stream.cancel()
        return Answer({"messages": messages})


def request_of(call: Call) -> Message:
    """The request message of a call."""
    descriptor = METHODS[call.rpc].input_type
    fields: JsonObject = dict(call.query)
    if call.key:
        fields["request_id"] = call.key
    if call.id:
        fields["id"] = call.id
    if call.document is not None:
        data = base64.b64encode(call.document).decode()
        fields["document"] = {"content_type": call.content_type, "data": data}
    status = fields.pop("status", None)
    if status is not None:
        fields["status"] = f"SESSION_STATUS_{str(status).upper()}"
    if call.body is not None:
        [resource] = {"session", "agent", "key"}.intersection(descriptor.fields_by_name)
        body: JsonObject = {key: _spelled_out(key, value) for key, value in call.body.items()}
        if call.rpc == "ApplyAgent" and call.id:
            body["id"] = fields.pop("id")
        fields[resource] = body
    request = ParseDict(fields, method(call.rpc).request())
    if "Update" in call.rpc and call.body is not None:
        request.update_mask.paths.extend(call.body)  # type: ignore[attr-defined]  # every Update has one
    return request


def metadata_of(call: Call, request_id: str) -> Metadata:
    """The headers of a call."""
    metadata: Metadata = (("x-request-id", request_id),)
    if call.authorization is not None:
        metadata += (("authorization", call.authorization),)
    if call.organization is not None:
        metadata += (("x-org-id", call.organization),)
    return metadata


def failure(error: grpc.RpcError | grpc.Call, request_id: str) -> Failure:
    """What a refused call says. Checks that its details are complete, and name the request."""
    ended = cast(grpc.Call, error)
    code, message = ended.code().name, ended.details() or ""
    try:
        status: Status | None = rpc_status.from_call(ended)
    except ValueError:
        # They are of another end than the one that gRPC itself has put in its place.
        status = None
    if status is None:
        return Failure(code, "", message)
    details = {detail.type_url.rpartition(".")[2]: detail.value for detail in status.details}
    info = ErrorInfo.FromString(details["ErrorInfo"])
    assert info.domain == "everruns"
    assert info.reason
    assert RequestInfo.FromString(details["RequestInfo"]).request_id == request_id
    bad = BadRequest.FromString(details.get("BadRequest", b""))
    found = tuple(Violation(v.field, v.reason, v.description) for v in bad.field_violations)
    assert ("BadRequest" in details) == bool(found)
    assert not found or info.reason == found[0].reason
    retry = RetryInfo.FromString(details["RetryInfo"]) if "RetryInfo" in details else None
    delay = None if retry is None else retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9
    return Failure(code, info.reason, message, found, delay)


def _answer(call: Call, response: Message, replayed: bool) -> Answer:
    if response.DESCRIPTOR.full_name == "google.protobuf.Empty":
        return Answer(None, replayed=replayed)
    if isinstance(response, HttpBody):
        return Answer({"content_type": response.content_type, "text": response.data.decode()})
    tree = render(response)
    if call.rpc == "ApplyAgent":
        return Answer(cast(JsonObject, tree["agent"]), tree["created"] is True, replayed)
    return Answer(tree, call.rpc.startswith(("Create", "Copy", "Import")), replayed)


def _spelled_out(key: str, value: Json) -> Json:
    if key == "capabilities" and isinstance(value, list):
        return [{"ref": entry} if isinstance(entry, str) else _with_mode(entry) for entry in value]
    if key == "scopes" and isinstance(value, list):
        return [f"SCOPE_{str(entry).upper()}" for entry in value]
    if key == "agent_binding" and isinstance(value, str):
        return f"AGENT_BINDING_{value.upper()}"
    return value


def _with_mode(entry: Json) -> Json:
    """An entry with its mode as protobuf names it."""
    if isinstance(entry, dict) and isinstance(entry.get("mode"), str):
        return {**entry, "mode": f"CAPABILITY_MODE_{str(entry['mode']).upper()}"}
    return entry
