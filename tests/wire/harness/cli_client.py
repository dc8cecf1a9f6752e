"""Calls by the command line, in this process: its arguments in, its streams and exit code out."""

from __future__ import annotations

import io
import os
import re
from typing import cast

import orjson

from gateway.call.command import main
from gateway.call.terminal import Terminal
from tests.wire.harness.call import Call, Transport, messages_of
from tests.wire.harness.grpc_client import request_of
from tests.wire.harness.json_value import Json, JsonObject
from tests.wire.harness.outcome import Answer, Failure, Outcome
from tests.wire.harness.render import render
from tests.wire.harness.rest_client import problem
from tests.wire.harness.rpc import METHODS, REST

_LONGEST_ARGUMENT = 100_000
"""Less than the most bytes of one that Linux takes; what is longer goes to stdin."""

_EXIT_CODES = {429: 3, 503: 3, 504: 3, 500: 4}
"""The exit codes of a problem's status, where it is not 1."""


class CliClient:
    """A client that calls the command with the server at an address."""

    transport: Transport = "cli"

    def __init__(self, target: str) -> None:
        self._target = target

    def call(self, call: Call) -> Outcome:
        """What the call came to; checks of an answer and of a refusal what all of them have."""
        return self.send(call, _typed(call))

    def send(self, call: Call, typed: bytes) -> Outcome:
        """The same with a request as it is typed."""
        code, out, err = self.run(call, typed)
        if code != 0:
            return _failure(code, out, err)
        replayed = b"earlier request with the same idempotency key" in err
        assert replayed or err == b"", err
        if METHODS[call.rpc].server_streaming:
            lines = cast("list[Json]", [orjson.loads(line) for line in out.splitlines()])
            return Answer({"messages": lines})
        output = METHODS[call.rpc].output_type.full_name
        if output == "google.protobuf.Empty":
            assert out == b""
            return Answer(None, None)
        if output == "google.api.HttpBody":
            # The command shows the document alone; the proto says of which type it is.
            return Answer({"content_type": "text/markdown; charset=utf-8", "text": out.decode()}, None)
        assert out.endswith(b"\n")
        assert out.count(b"\n") == 1
        return Answer(cast(JsonObject, orjson.loads(out)), None, replayed)

    def run(self, call: Call, typed: bytes | None = None) -> tuple[int, bytes, bytes]:
        """Exit code, stdout and stderr of a call."""
        typed = _typed(call) if typed is None else typed
        # An argument begins with no `@` and holds no NUL.
        argument = typed.startswith(b"{") and b"\0" not in typed and len(typed) <= _LONGEST_ARGUMENT
        arguments = [call.rpc, os.fsdecode(typed) if argument else "-"]
        arguments += ["--timeout", str(call.timeout)]
        if call.key:
            arguments += ["--idempotency-key", call.key]
        if call.organization is not None:
            arguments += ["--organization", call.organization]
        if call.document is not None:
            arguments += ["--content-type", call.content_type]
        stream = METHODS[call.rpc].server_streaming
        stdout = _Interrupted(messages_of(call)) if stream else io.BytesIO()
        terminal = Terminal(io.BytesIO(typed), stdout, io.BytesIO())
        environment = {"EVERRUNS_GRPC_TARGET": self._target, "EVERRUNS_KEY": call.authorization or ""}
        code = main(arguments, terminal, environment)
        out, err = cast(io.BytesIO, terminal.stdout), cast(io.BytesIO, terminal.stderr)
        return code, out.getvalue(), err.getvalue()


class _Interrupted(io.BytesIO):
    """What is written to somebody who presses Ctrl-C after so many lines."""

    def __init__(self, lines: int) -> None:
        super().__init__()
        self._lines = lines

    def flush(self) -> None:
        """Interrupts once they are there."""
        if self.getvalue().count(b"\n") >= self._lines:
            raise KeyboardInterrupt


def _typed(call: Call) -> bytes:
    if call.document is not None:
        return call.document
    if call.rpc not in REST:
        tree = render(request_of(call))
        tree.pop("request_id", None)
        return orjson.dumps(tree)
    tree = {**(call.body or {}), **call.query}
    if call.id:
        tree["id"] = call.id
    return orjson.dumps(tree)


def _failure(code: int, out: bytes, err: bytes) -> Failure:
    assert out == b""
    *said, line, end = err.decode().split("\n")
    assert end == ""
    failure = problem(orjson.loads(line))
    assert code == _EXIT_CODES.get(int(failure.status), 1)
    assert any(text.startswith(f"{failure.reason}: {failure.message[:100]}") for text in said), said
    again = re.search(r" Ask again after (\d+) s\.$", said[-1])
    return Failure(
        failure.status,
        failure.reason,
        failure.message,
        failure.violations,
        float(again[1]) if again else None,
    )
