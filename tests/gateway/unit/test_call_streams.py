"""Calls from a command line that a stream answers."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
import orjson
import pytest
from google.protobuf import descriptor_pool
from google.protobuf.descriptor_pb2 import FileDescriptorProto

from everruns.v1 import session_pb2, session_service_pb2
from gateway.call.command import main
from gateway.call.terminal import Terminal
from gateway.routes import Binding
from tests.gateway.unit.test_call import Screen

PATIENCE = 20.0


@pytest.fixture(scope="module")
def forms() -> dict[str, Binding]:
    """An RPC that answers a stream, and one that takes one."""
    file = FileDescriptorProto(name="tests/streams.proto", package="tests", syntax="proto3")
    file.dependency.extend([session_pb2.DESCRIPTOR.name, session_service_pb2.DESCRIPTOR.name])
    service = file.service.add(name="Streams")
    request, session = ".everruns.v1.GetSessionRequest", ".everruns.v1.Session"
    service.method.add(name="Watch", input_type=request, output_type=session, server_streaming=True)
    service.method.add(name="Take", input_type=request, output_type=session, client_streaming=True)
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())
    methods = pool.FindServiceByName("tests.Streams").methods
    return {method.name: Binding("", "", "", "", method) for method in methods}


class Watched:
    """A server whose stream has two sessions, and then an end, or none until the client is gone."""

    def __init__(self, *, ends: bool) -> None:
        self._ends = ends
        self.gone = threading.Event()

    def watch(
        self, request: session_service_pb2.GetSessionRequest, context: grpc.ServicerContext
    ) -> Iterator[session_pb2.Session]:
        context.add_callback(self.gone.set)
        for title in ("one", "two"):
            yield session_pb2.Session(id=request.id, title=title)
        if self._ends:
            context.abort(grpc.StatusCode.UNAVAILABLE, "gone")
        self.gone.wait(PATIENCE)

    @contextmanager
    def running(self) -> Iterator[dict[str, str]]:
        """The environment of a client, while the server runs."""
        server = grpc.server(ThreadPoolExecutor(2), options=[("grpc.so_reuseport", 0)])
        handler = grpc.unary_stream_rpc_method_handler(
            self.watch,
            request_deserializer=session_service_pb2.GetSessionRequest.FromString,
            response_serializer=session_pb2.Session.SerializeToString,
        )
        server.add_registered_method_handlers("tests.Streams", {"Watch": handler})
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield {"EVERRUNS_GRPC_TARGET": f"127.0.0.1:{port}"}
        finally:
            server.stop(None).wait()


class Stopped(Screen):
    """A terminal at which Ctrl-C is pressed after the second line."""

    def flush(self) -> None:
        super().flush()
        if self.getvalue().count(b"\n") == 2:
            raise KeyboardInterrupt


class Left(Screen):
    """What nobody reads any more after the first line."""

    def write(self, content: object) -> int:
        if self.getvalue():
            raise BrokenPipeError
        return super().write(content)  # type: ignore[arg-type]  # of a buffer, as io has it


def call(out: io.BytesIO, environment: dict[str, str]) -> tuple[int, bytes]:
    """Exit code and stderr."""
    err = io.BytesIO()
    return main(["Watch", '{"id": "s"}'], Terminal(io.BytesIO(), out, err), environment), err.getvalue()


def titles(out: io.BytesIO) -> list[str]:
    return [orjson.loads(line)["title"] for line in out.getvalue().splitlines()]


def test_messages_have_a_line_each_and_an_error_ends_them(
    forms: dict[str, Binding], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.call.command.forms", lambda: forms)
    out = Screen()
    with Watched(ends=True).running() as environment:
        code, err = call(out, environment)
    assert code == 3
    assert titles(out) == ["one", "two"]
    assert b"SERVER_UNAVAILABLE: " in err


def test_ctrl_c_ends_a_stream_well(forms: dict[str, Binding], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.call.command.forms", lambda: forms)
    out, watched = Stopped(), Watched(ends=False)
    with watched.running() as environment:
        assert call(out, environment) == (0, b"")
        assert watched.gone.wait(PATIENCE)
    assert titles(out) == ["one", "two"]


def test_a_reader_that_has_enough_ends_a_stream_well(
    forms: dict[str, Binding], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.call.command.forms", lambda: forms)
    watched = Watched(ends=False)
    with watched.running() as environment:
        assert call(Left(), environment) == (0, b"")
        assert watched.gone.wait(PATIENCE)


def test_a_stream_of_requests_cannot_be_typed(
    forms: dict[str, Binding], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.call.command.forms", lambda: forms)
    err = io.BytesIO()
    assert main(["Take"], Terminal(io.BytesIO(), io.BytesIO(), err), {}) == 2
    assert b"takes a stream" in err.getvalue()
