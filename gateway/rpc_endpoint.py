"""An RPC as an HTTP endpoint: decode, call, encode."""

from __future__ import annotations

import logging

import grpc
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from gateway import errors, headers
from gateway.body import read_bytes, read_json_bytes
from gateway.channels import Channels
from gateway.exchange import Answer, HttpRequest
from gateway.routes import Binding
from gateway.settings import Settings
from gateway.transcode import RequestTranscoder, ResponseTranscoder

_logger = logging.getLogger(__name__)


class RpcEndpoint:
    """Answers the requests of one HTTP form of an RPC by calling it.

    Raises ValueError or TypeError for a form that cannot be served.
    """

    def __init__(self, binding: Binding, channels: Channels, settings: Settings) -> None:
        self._settings = settings
        self._requests = RequestTranscoder(binding)
        self._responses = ResponseTranscoder(binding)
        rpc = binding.rpc
        request_class: type[Message] = GetMessageClass(rpc.input_type)
        response_class: type[Message] = GetMessageClass(rpc.output_type)
        self._name = f"/{rpc.containing_service.full_name}/{rpc.name}"
        self._rpc = channels.rpc(self._name, request_class, response_class)

    async def __call__(self, request: HttpRequest) -> Answer:
        """Returns the answer. Raises Problem, or body.ClientGone."""
        metadata = headers.to_metadata(request.headers, request.request_id, request.client)
        timeout = headers.timeout(request.headers, self._settings.timeout_seconds)
        key = headers.idempotency_key(request.headers) if self._requests.takes_idempotency_key else None
        body = b""
        if self._requests.takes_json:
            body = await read_json_bytes(request.headers, request.receive, self._settings.max_body_bytes)
        elif self._requests.takes_document:
            body = await read_bytes(request.headers, request.receive, self._settings.max_body_bytes)
        content_type = request.headers.get(b"content-type", b"")
        message = self._requests.request(request.path_values, request.query, body, key, content_type)
        call = self._rpc(message, metadata=metadata, timeout=timeout)
        try:
            answer = self._responses.answer(await call)
            # Only an answer to a key can have been given before.
            if key is not None and (headers.REPLAYED, "true") in tuple(await call.initial_metadata()):
                return answer.with_header(headers.REPLAYED.encode(), b"true")
        except grpc.aio.AioRpcError as error:
            problem = errors.from_rpc(error, self._requests.rest_names)
            if problem.status >= 500:
                _logger.log(
                    logging.ERROR if problem.status == 500 else logging.WARNING,
                    "request %s: %s ended in %s: %s",
                    request.request_id,
                    self._name,
                    error.code().name,
                    error.details(),
                )
            raise problem from error
        return answer
