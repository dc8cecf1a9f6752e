"""The gRPC channels to the server, and calls that go over them in turn."""

from __future__ import annotations

from contextlib import AsyncExitStack
from itertools import cycle
from types import TracebackType
from typing import Protocol, Self, TypeVar

import grpc
from google.protobuf.message import Message

from gateway.headers import Metadata
from gateway.tls import ClientFiles, channel_credentials

Q = TypeVar("Q", bound=Message)
R = TypeVar("R", bound=Message)

OPTIONS = (
    # Channels to one target would otherwise share one connection, and a connection is served by one process.
    ("grpc.use_local_subchannel_pool", 1),
    # The server says what is too large for it, and its answers are as large as they are.
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    # gRPC's own longest wait, two minutes, would outlast a restart of the server by far.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
)
"""The options of every channel to the server."""


KEEPALIVE_SECONDS = 20.0
"""After how long without a word a server that owes an answer is asked whether it is there. The server takes
such pings every 10 seconds."""

ANSWER_SECONDS = 10.0
"""How long it has to say so; then the connection is given up, and the next call opens another."""


class Rpc(Protocol[Q, R]):
    """Calls one RPC. The timeout is in seconds."""

    def __call__(
        self, request: Q, *, metadata: Metadata, timeout: float
    ) -> grpc.aio.UnaryUnaryCall[Q, R]: ...


class StreamingRpc(Protocol[Q, R]):
    """Calls one RPC that answers with a stream. The timeout is in seconds, None for no end."""

    def __call__(
        self, request: Q, *, metadata: Metadata, timeout: float | None
    ) -> grpc.aio.UnaryStreamCall[Q, R]: ...


class Channels:
    """Channels to one target, each with a connection of its own.

    It is made, used and closed, as a context manager, in one event loop. It connects when it is first
    used, so the target need not be there.
    """

    def __init__(self, target: str, count: int, tls: ClientFiles | None = None) -> None:
        """Takes the server as gRPC names it, how many channels there are to be, at least 1, and what they
        are encrypted with. Raises TlsError."""
        self._channels = [_channel(target, tls) for _ in range(count)]
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for channel in self._channels:
            await self._open.enter_async_context(channel)
        return self

    async def __aexit__(
        self,
        type_: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._open.aclose()

    def rpc(self, path: str, request_class: type[Q], response_class: type[R]) -> Rpc[Q, R]:
        """Returns what calls the RPC of this path, `/everruns.v1.SessionService/GetSession`, over the
        channels in turn."""
        rpcs: list[Rpc[Q, R]] = [
            channel.unary_unary(
                path,
                request_serializer=request_class.SerializeToString,
                response_deserializer=response_class.FromString,
            )
            for channel in self._channels
        ]
        return rpcs[0] if len(rpcs) == 1 else _in_turn(rpcs)

    def streaming_rpc(self, path: str, request_class: type[Q], response_class: type[R]) -> StreamingRpc[Q, R]:
        """Returns what calls the RPC of this path, which answers with a stream, over the channels in turn."""
        rpcs: list[StreamingRpc[Q, R]] = [
            channel.unary_stream(
                path,
                request_serializer=request_class.SerializeToString,
                response_deserializer=response_class.FromString,
            )
            for channel in self._channels
        ]
        turns = cycle(rpcs)

        def call(request: Q, *, metadata: Metadata, timeout: float | None) -> grpc.aio.UnaryStreamCall[Q, R]:
            return next(turns)(request, metadata=metadata, timeout=timeout)

        return call


def tls_options(tls: ClientFiles) -> tuple[tuple[str, str | int], ...]:
    """Returns the options of a channel with these files."""
    name = (("grpc.ssl_target_name_override", tls.server_name),) if tls.server_name else ()
    return (*OPTIONS, *name)


def _channel(target: str, tls: ClientFiles | None) -> grpc.aio.Channel:
    options = (
        *OPTIONS,
        ("grpc.keepalive_time_ms", int(KEEPALIVE_SECONDS * 1000)),
        ("grpc.keepalive_timeout_ms", int(ANSWER_SECONDS * 1000)),
        # While a ping of gRPC's own is under way no other is sent, so this is as long.
        ("grpc.http2.ping_timeout_ms", int(ANSWER_SECONDS * 1000)),
        # However many it takes: a server that says nothing else for minutes may be at work.
        ("grpc.http2.max_pings_without_data", 0),
    )
    if tls is None:
        return grpc.aio.insecure_channel(target, options=options)
    return grpc.aio.secure_channel(target, channel_credentials(tls), options=(*options, *tls_options(tls)))


def _in_turn(rpcs: list[Rpc[Q, R]]) -> Rpc[Q, R]:
    turns = cycle(rpcs)

    def call(request: Q, *, metadata: Metadata, timeout: float) -> grpc.aio.UnaryUnaryCall[Q, R]:
        return next(turns)(request, metadata=metadata, timeout=timeout)

    return call
