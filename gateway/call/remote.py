"""One call over a channel of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from gateway.channels import OPTIONS, tls_options
from gateway.headers import REPLAYED, Metadata
from gateway.settings import CallSettings, Settings
from gateway.tls import channel_credentials


@dataclass(frozen=True, slots=True)
class Response:
    """A response, and whether it was given before."""

    message: Message
    replayed: bool = False


def responses(
    settings: CallSettings,
    rpc: MethodDescriptor,
    request: Message,
    metadata: Metadata,
    timeout: float | None,
) -> Iterator[Response]:
    """Makes a call and gives its responses as they come; one that is left early is cancelled.

    The timeout is in seconds; None stands for the gateway's, and for no limit where the RPC answers a stream.
    Raises grpc.RpcError, or TlsError for files that no TLS can be made of.
    """
    path = f"/{rpc.containing_service.full_name}/{rpc.name}"
    response_class: type[Message] = GetMessageClass(rpc.output_type)
    serialize, parse = type(request).SerializeToString, response_class.FromString
    with _channel(settings) as channel:
        if rpc.server_streaming:
            stream = channel.unary_stream(path, serialize, parse)
            for message in stream(request, metadata=metadata, timeout=timeout):
                yield Response(message)
        else:
            call = channel.unary_unary(path, serialize, parse)
            message, ended = call.with_call(
                request, metadata=metadata, timeout=Settings().timeout_seconds if timeout is None else timeout
            )
            yield Response(message, (REPLAYED, "true") in [tuple(pair) for pair in ended.initial_metadata()])


def _channel(settings: CallSettings) -> grpc.Channel:
    target, tls = settings.grpc_target, settings.grpc_tls
    if tls is None:
        return grpc.insecure_channel(target, options=OPTIONS)
    return grpc.secure_channel(target, channel_credentials(tls), options=tls_options(tls))
