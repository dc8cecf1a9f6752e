"""Whether a load did what it claims: rows really there, answers really right, bytes really sent."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

import grpc
from google.protobuf import json_format

from bench.load import Load
from bench.messages import CAPABILITIES, PAGE, Call, Json, frame, grpc_list, session

TOLERANCE = 0.02
"""How far the bytes of answers that differ may be from those of one sampled answer times their number."""


class CheckError(Exception):
    """A measurement that is worth nothing, and why."""


@dataclass(frozen=True)
class Answer:
    """One answer: its content, and its bytes as the load generator counts them."""

    content: Json
    size: int


class Probe(Protocol):
    """A client that looks at a few answers itself. Not thread-safe."""

    def answer(self, call: Call) -> Answer:
        """Makes the call once. Raises `CheckError` when it fails."""

    def total(self) -> int:
        """How many sessions are in the store."""

    def close(self) -> None:
        """Gives the connection back."""


class GrpcProbe:
    """A probe over a gRPC channel."""

    def __init__(self, port: int, key: str) -> None:
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._metadata = (("authorization", f"Bearer {key}"),)

    def answer(self, call: Call) -> Answer:
        method: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(call.path)
        try:
            raw = method(call.body, metadata=self._metadata, timeout=30, wait_for_ready=True)
        except grpc.RpcError as error:
            raise CheckError(f"{call.path}: {error}") from error
        assert call.answer is not None, "a call over gRPC says how its answer is decoded"
        content = json_format.MessageToDict(call.answer.FromString(raw), preserving_proto_field_name=True)
        return Answer(content, len(frame(raw)))

    def total(self) -> int:
        return _total(self.answer(grpc_list()), "total_size")

    def close(self) -> None:
        self._channel.close()


class RestProbe:
    """A probe over HTTP, a connection each time: servers close one that rests while others are measured."""

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def answer(self, call: Call) -> Answer:
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)) as connection:
            connection.request(call.method, call.path, call.body or None, self._headers)
            response = connection.getresponse()
            body = response.read()
        if response.status not in (200, 201):
            raise CheckError(f"{call.method} {call.path}: {response.status} {body[:500]!r}")
        head = len(f"HTTP/1.1 {response.status} {response.reason}\r\n\r\n")
        head += sum(len(f"{name}: {value}\r\n") for name, value in response.getheaders())
        return Answer(json.loads(body), head + len(body))

    def total(self) -> int:
        return _total(self.answer(Call("total", "/v1/sessions?limit=1", method="GET")), "total")

    def close(self) -> None:
        """There is nothing to close between answers."""


def expect(measure: str, content: Json) -> None:
    """Raises `CheckError` unless the answer is that of the example session."""
    kind = measure.partition(" ")[0]
    if kind == "list":
        page = at(content, "sessions") or at(content, "data")
        if not isinstance(page, list) or len(page) != PAGE:
            raise CheckError(f"{measure}: not {PAGE} sessions: {page}")
        for entry in page:
            _expect_example(measure, entry)
    elif kind == "preview":
        _expect_example(measure, at(content, "session"))
        _expect_runtime(measure, at(content, "runtime_agent"))
    elif kind == "runtime-agent":
        _expect_runtime(measure, content)
    else:
        _expect_example(measure, content)


def at(content: Json, *path: str | int) -> Json:
    """What is at a path of keys and indexes; `None` where there is nothing."""
    for step in path:
        if isinstance(step, str) and isinstance(content, Mapping):
            content = content.get(step)
        elif isinstance(step, int) and isinstance(content, list) and step < len(content):
            content = content[step]
        else:
            return None
    return content


def expect_bytes(load: Load, call: Call, answer: Answer, exact: bool) -> None:
    """Raises `CheckError` unless the load got as many bytes as so many good answers have.

    Where the size of answers is known exactly, one bad answer of all is found: over gRPC it has no body.
    """
    expected = load.requests * answer.size
    if abs(load.answer_bytes - expected) > (0 if exact else TOLERANCE * expected):
        raise CheckError(
            f"{call.measure}: {load.answer_bytes} bytes of answers; {load.requests} good ones have {expected}"
        )


def expect_rows(load: Load, call: Call, added: int, in_flight: int, exact: bool) -> None:
    """Raises `CheckError` unless every create that was counted left a row, and nothing else did.

    A load that ends by the clock (not `exact`) leaves up to `in_flight` creates that it does not count.
    """
    wanted = load.requests if call.writes else 0
    most = wanted if exact or not call.writes else wanted + in_flight
    if not wanted <= added <= most:
        raise CheckError(f"{call.measure}: {load.requests} requests left {added} rows in place of {wanted}")


def _expect_example(measure: str, content: Json) -> None:
    for key, wanted in session().items():
        if key != "capabilities" and at(content, key) != wanted:
            raise CheckError(f"{measure}: {key} is {at(content, key)!r} in place of {wanted!r}")


def _expect_runtime(measure: str, content: Json) -> None:
    for index, wanted in enumerate(CAPABILITIES):
        got = at(content, "capabilities", index)
        config = at(wanted, "config")
        if at(got, "ref") != at(wanted, "ref") or (config is not None and at(got, "config") != config):
            raise CheckError(f"{measure}: capability {index} is {got} in place of {wanted}")


def _total(answer: Answer, key: str) -> int:
    total = at(answer.content, key)
    # An int64 is a string in protobuf's JSON, and 0 is left out.
    return int(total) if isinstance(total, (int, str)) else 0
