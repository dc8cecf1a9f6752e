"""A streaming RPC as server-sent events (the WHATWG's HTML standard, section 9.2).

An event's `id` is the message's resume token, which a client sends again as `Last-Event-ID`; its `event` is
the message's type, `created`, and its `data` the message as JSON. A stream that has begun and then ends in an
error that waiting does not help has a last event, `problem`, with the problem document.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import grpc
import orjson
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from gateway import errors, headers
from gateway.channels import Channels
from gateway.exchange import Answer, HttpRequest
from gateway.names import enum_names
from gateway.render import renderer
from gateway.routes import Binding
from gateway.settings import Settings
from gateway.transcode import RequestTranscoder

HEARTBEAT_SECONDS = 15.0
"""After how long without an event a comment says that the connection lives, which proxies want to see."""

_HEADERS = (
    (b"content-type", b"text/event-stream"),
    # What nginx takes as a wish not to be made to wait for more.
    (b"x-accel-buffering", b"no"),
)
_AGAIN_AFTER = b"retry: 1000\n\n"
_HEARTBEAT = b": still here\n\n"
_RESUME_TOKEN = "resume_token"  # noqa: S105  # the name of a field
_TYPE = "type"


class EventEndpoint:
    """Answers the requests of one HTTP form of an RPC that answers with a stream, whose messages have a
    `type` and a `resume_token`. Raises ValueError or TypeError for a form that cannot be served."""

    def __init__(self, binding: Binding, channels: Channels, settings: Settings) -> None:
        self._settings = settings
        self._requests = RequestTranscoder(binding)
        rpc = binding.rpc
        request_class: type[Message] = GetMessageClass(rpc.input_type)
        response_class: type[Message] = GetMessageClass(rpc.output_type)
        self._render = renderer(rpc.output_type)
        types = rpc.output_type.fields_by_name[_TYPE].enum_type
        if types is None:
            raise TypeError(f"the messages of {rpc.full_name} have no type")
        self._types = enum_names(types)
        self._resume_field = rpc.input_type.fields_by_name[_RESUME_TOKEN].name
        name = f"/{rpc.containing_service.full_name}/{rpc.name}"
        self._rpc = channels.streaming_rpc(name, request_class, response_class)

    async def __call__(self, request: HttpRequest) -> Answer:
        """Returns an answer whose body is what comes, from the first message on. Raises Problem."""
        metadata = headers.to_metadata(request.headers, request.request_id, request.client)
        timeout = headers.stream_timeout(request.headers)
        message = self._requests.request(request.path_values, request.query, b"", None)
        last_event_id = request.headers.get(headers.LAST_EVENT_ID.lower().encode())
        if last_event_id:
            # Latin-1 has a character for every byte, so this never fails.
            setattr(message, self._resume_field, last_event_id.decode("latin-1"))
        call = self._rpc(message, metadata=metadata, timeout=timeout)
        try:
            first = await call.read()
        except grpc.aio.AioRpcError as error:
            raise errors.from_rpc(error, self._requests.rest_names) from error
        except BaseException:
            call.cancel()
            raise
        return Answer(200, headers=_HEADERS, body_parts=self._parts(call, first, request.request_id))

    async def _parts(
        self, call: grpc.aio.UnaryStreamCall[Message, Message], first: object, request_id: str
    ) -> AsyncGenerator[bytes, None]:
        """The parts of the body. The call ends with the iterator."""
        try:
            yield _AGAIN_AFTER
            message: object = first
            while isinstance(message, Message):
                yield self._event(message)
                reading = asyncio.ensure_future(call.read())
                try:
                    while not (await asyncio.wait({reading}, timeout=HEARTBEAT_SECONDS))[0]:
                        yield _HEARTBEAT
                finally:
                    reading.cancel()
                message = reading.result()
        except grpc.aio.AioRpcError as error:
            problem = errors.from_rpc(error, self._requests.rest_names)
            # One that only has to connect anew is not told more than that.
            if problem.status != 503:
                yield b"event: problem\ndata: " + errors.problem_answer(problem, request_id).body + b"\n\n"
        finally:
            call.cancel()

    def _event(self, message: Message) -> bytes:
        token, kind = getattr(message, _RESUME_TOKEN), self._types.get(getattr(message, _TYPE))
        head = f"id: {token}\nevent: {kind}\ndata: ".encode()
        return head + orjson.dumps(self._render(message)) + b"\n\n"
