"""`python -m gateway call` in this process, against a server that answers as the test says."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import grpc
import orjson
import pytest
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.descriptor import MethodDescriptor
from google.rpc.error_details_pb2 import ErrorInfo

from everruns.v1 import agent_pb2, session_pb2, session_service_pb2
from gateway.call.command import main
from gateway.call.forms import forms
from gateway.call.request import RequestForm
from gateway.call.terminal import Terminal
from gateway.routes import Binding, service_descriptors
from gateway.settings import SettingsError, call_settings
from gateway.transcode import ResponseTranscoder
from tests.gateway.unit.fake_server import FakeServer, status

RPCS = [rpc for service in service_descriptors() for rpc in service.methods]


class Screen(io.BytesIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def run(
    arguments: Sequence[str],
    environment: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    out: io.BytesIO | None = None,
) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    stdout, stderr = out or io.BytesIO(), io.BytesIO()
    code = main(arguments, Terminal(io.BytesIO(stdin), stdout, stderr), environment or {})
    return code, stdout.getvalue().decode(), stderr.getvalue().decode()


def target(server: FakeServer, key: str = "") -> dict[str, str]:
    return {"EVERRUNS_GRPC_TARGET": f"127.0.0.1:{server.port}", "EVERRUNS_KEY": key}


def test_what_is_typed_is_sent(server: FakeServer, tmp_path: Path) -> None:
    server.reply("UpdateSession", session_pb2.Session(id="session_1", title="é"))
    typed = '{"id": "session_1", "title": "é", "model_id": null}'
    (tmp_path / "typed.json").write_text(typed)
    (tmp_path / "key").write_text("from-the-file\n")
    from_file = ["--key-file", str(tmp_path / "key"), "--organization", "org_1", "--timeout", "300"]
    for arguments, stdin in (
        (["UpdateSession", typed, *from_file], b""),
        ([*from_file, "UpdateSession", "-"], typed.encode()),
        (["UpdateSession", *from_file, f"@{tmp_path / 'typed.json'}"], b""),
    ):
        code, out, err = run(arguments, target(server, "Bearer other"), stdin)
        assert (code, err) == (0, "")
        assert orjson.loads(out)["title"] == "é"
        call = server.calls[-1]
        assert isinstance(call.request, session_service_pb2.UpdateSessionRequest)
        assert (call.request.id, call.request.session.title) == ("session_1", "é")
        assert sorted(call.request.update_mask.paths) == ["model_id", "title"]
        assert call.metadata["authorization"] == "from-the-file"
        assert call.metadata["x-org-id"] == "org_1"
        assert 200 < call.seconds_left < 400


def test_what_is_not_typed_is_as_the_help_says(server: FakeServer) -> None:
    server.reply("ListSessions", session_service_pb2.ListSessionsResponse())
    assert run(["ListSessions"], target(server, "Bearer other"))[0] == 0
    call = server.calls[-1]
    assert call.request == session_service_pb2.ListSessionsRequest()
    assert call.metadata["authorization"] == "Bearer other"
    assert 0 < call.seconds_left < 60
    assert run(["ListSessions"], target(server))[0] == 0
    assert "authorization" not in server.calls[-1].metadata


def test_an_answer_is_on_one_line_and_indented_on_a_terminal(server: FakeServer) -> None:
    server.reply("GetAgent", agent_pb2.Agent(name="a"))
    _, line, _ = run(["GetAgent"], target(server))
    _, lines, _ = run(["GetAgent"], target(server), out=Screen())
    assert line.count("\n") == 1
    assert lines.startswith('{\n  "')
    assert lines.endswith("}\n")
    assert orjson.loads(line) == orjson.loads(lines)


def test_a_document_is_shown_as_it_is(server: FakeServer) -> None:
    server.reply("ExportAgent", HttpBody(content_type="text/markdown", data="# é\n\nno end".encode()))
    assert run(["ExportAgent"], target(server)) == (0, "# é\n\nno end", "")


def test_an_error_is_told_without_what_a_terminal_acts_on(server: FakeServer) -> None:
    info = ErrorInfo(reason="SESSION_NOT_FOUND", domain="everruns")
    server.fail("GetSession", status(grpc.StatusCode.NOT_FOUND, "none \x1b[31m\x9b\nhere", info))
    code, out, err = run(["GetSession"], target(server))
    assert (code, out) == (1, "")
    words, document, end = err.split("\n")
    assert words == r"SESSION_NOT_FOUND: none \x1b[31m\x9b\nhere"
    assert orjson.loads(document)["code"] == "SESSION_NOT_FOUND"
    assert end == ""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["GetSesion"], "did you mean GetSession?"),
        (["Nothing"], "--help lists them"),
        (["GetSession", "{}", "more"], "more"),
        (["GetSession", "--nothing"], "--nothing"),
        (["GetSession", "--timeout", "soon"], "--timeout"),
        (["GetSession", "--timeout", "0"], "above 0"),
        (["GetSession", "@/nowhere/x"], "/nowhere/x cannot be read"),
        (["GetSession", "--key-file", "/nowhere/x"], "/nowhere/x cannot be read"),
        (["GetSession", "--idempotency-key", "k"], "takes no idempotency key"),
        (["ImportAgent"], "the document is missing"),
    ],
)
def test_arguments_that_cannot_be_followed(arguments: list[str], told: str) -> None:
    code, out, err = run(arguments)
    assert (code, out) == (2, "")
    [line] = err.splitlines()
    assert line.startswith("call: ")
    assert told in line


def test_settings_that_are_wrong() -> None:
    code, out, err = run(["GetSession"], {"EVERRUNS_GRPC_PORT": "many", "EVERRUNS_GRPC_SERVER_NAME": "x"})
    assert (code, out) == (2, "")
    assert [line.split()[1] for line in err.splitlines()] == ["EVERRUNS_GRPC_PORT", "EVERRUNS_GRPC_CA"]
    with pytest.raises(SettingsError):
        call_settings({"EVERRUNS_GRPC_PORT": "0"})
    # Those of what serves do not matter.
    assert call_settings({"EVERRUNS_HTTP_HOST": "0.0.0.0"}).grpc_target == "127.0.0.1:50051"


def test_a_key_that_no_header_can_hold() -> None:
    code, out, err = run(["GetSession"], {"EVERRUNS_KEY": "évr"})
    assert (code, out) == (1, "")
    assert err.startswith("API_KEY_INVALID: ")


def test_the_first_page_lists_every_rpc() -> None:
    code, out, err = run(["--help"])
    assert (code, err) == (0, "")
    assert run([]) == (2, out, "")
    for rpc in RPCS:
        assert f"\n  {rpc.name} " in out
    assert "Creates a session; when it answers, the session is on disk." in out


@pytest.mark.parametrize("rpc", RPCS, ids=lambda rpc: rpc.name)
def test_the_page_of_an_rpc_has_its_errors_and_fields(rpc: MethodDescriptor) -> None:
    code, out, err = run([rpc.name, "--help"])
    assert (code, err) == (0, "")
    assert "API_KEY_MISSING" in out
    assert "REQUEST " in out


@pytest.mark.parametrize("form", forms().values(), ids=lambda form: form.rpc.name)
def test_every_rpc_can_be_called(form: Binding) -> None:
    if not form.rpc.client_streaming:
        assert RequestForm(form).rest_names.keys() == set(form.rpc.input_type.fields_by_name)
        ResponseTranscoder(form)


def test_the_page_of_an_rpc_has_limits() -> None:
    _, out, _ = run(["-h", "UpdateSession"])
    assert "  title (text, min length 1, max length 500)\n      A title for people" in out
    assert "    config (object, max bytes 65536, max depth 16)\n" in out
    assert "  id (required, text, id of session)\n" in out
    assert "IMMUTABLE_FIELD" in out
    assert "update_mask (" not in out
