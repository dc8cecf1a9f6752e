"""One caller with a key of its own, whose every call is told apart: answered, or refused as too many."""

from __future__ import annotations

import http.client
from collections.abc import Callable

import grpc

from bench.check import CheckError
from bench.messages import Call
from bench.systems import Running

Caller = Callable[[Call], bool]
"""Makes a call; whether it was answered. Raises `CheckError` for any other end than a refusal."""

_SECONDS = 20


def caller_of(running: Running) -> Caller:
    """A caller over the transport of a system that runs."""
    return _over_grpc(running) if running.transport == "grpc" else _over_rest(running)


def _over_grpc(running: Running) -> Caller:
    channel = grpc.insecure_channel(f"127.0.0.1:{running.port}")
    metadata = (("authorization", f"Bearer {running.other_key}"),)

    def make(call: Call) -> bool:
        method: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(call.path)
        try:
            method(call.body, metadata=metadata, timeout=_SECONDS)
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED:
                return False
            raise CheckError(f"{call.path}: {error}") from error
        return True

    return make


def _over_rest(running: Running) -> Caller:
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=_SECONDS)
    headers = {"Authorization": f"Bearer {running.other_key}", "Content-Type": "application/json"}

    def make(call: Call) -> bool:
        try:
            connection.request(call.method, call.path, call.body or None, headers)
            response = connection.getresponse()
            response.read()
        except http.client.HTTPException:
            # The server closes a connection that has been idle, and this one is then opened anew.
            connection.close()
            return make(call)
        if response.status in (429, 503) and response.getheader("retry-after"):
            return False
        if response.status not in (200, 201):
            raise CheckError(f"{call.method} {call.path}: {response.status}")
        return True

    return make
