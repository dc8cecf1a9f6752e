"""The service described by itself, and called by tools that know nothing else of it."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message_factory import GetMessageClass
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_reflection.v1alpha.reflection_pb2 import ServerReflectionRequest

from tests.system.every_rpc import CALLS, ENDLESS, REFUSED, call_every_rpc
from tests.system.health import SERVING, check
from tests.system.processes import PATIENCE, run, serving
from tests.system.reflection import V1, V1ALPHA, Reflection
from tests.wire.harness.json_value import JsonObject, filled
from tests.wire.harness.models import write_models
from tests.wire.harness.rpc import METHODS

SERVICES = sorted({method.containing_service.full_name for method in METHODS.values()})
HEALTH = "grpc.health.v1.Health"


@dataclass(frozen=True)
class Served:
    """A server that tests share, and its directory."""

    target: str
    channel: grpc.Channel
    directory: Path

    def new_key(self, organization: str) -> str:
        """A key to everything of an organization of a test's own."""
        command = ["server", "keys", "create", "--org", organization, "--scopes", "admin"]
        made = run(command, self.directory)
        assert made.returncode == 0, made.stderr
        return made.stdout.strip()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    directory = tmp_path_factory.mktemp("reflected")
    models = write_models(directory / "models.toml")
    with serving(directory, EVERRUNS_MODELS_FILE=str(models)) as (process, channel):
        yield Served(f"127.0.0.1:{process.grpc_port}", channel, directory)


def tool(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A tool run to its end."""
    return subprocess.run(arguments, capture_output=True, text=True, timeout=PATIENCE)


def output(*arguments: str) -> str:
    """What a tool that succeeds prints."""
    ended = tool(*arguments)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def full_name(rpc: str, separator: str) -> str:
    """The name of an rpc with its service's."""
    return f"{METHODS[rpc].containing_service.full_name}{separator}{rpc}"


def test_every_rpc_is_called() -> None:
    assert CALLS.keys() | ENDLESS == METHODS.keys()


def test_grpcurl_lists(served: Served, grpcurl: str) -> None:
    assert set(output(grpcurl, "-plaintext", served.target, "list").split()) >= {*SERVICES, HEALTH}
    for service in SERVICES:
        listed = set(output(grpcurl, "-plaintext", served.target, "list", service).split())
        assert listed == {
            full_name(name, ".") for name, m in METHODS.items() if m.containing_service.full_name == service
        }


@pytest.mark.parametrize("service", SERVICES)
def test_grpcurl_describes_a_service_and_its_messages(service: str, served: Served, grpcurl: str) -> None:
    described = output(grpcurl, "-plaintext", served.target, "describe", service)
    for rpc in (rpc for rpc in METHODS.values() if rpc.containing_service.full_name == service):
        assert f"rpc {rpc.name} (" in described
        message = output(grpcurl, "-plaintext", served.target, "describe", rpc.input_type.full_name)
        assert f"message {rpc.input_type.name} {{" in message
        assert all(f" {field.name} = {field.number}" in message for field in rpc.input_type.fields)


def test_grpcurl_describes_an_rpc(served: Served, grpcurl: str) -> None:
    for rpc in METHODS:
        described = output(grpcurl, "-plaintext", served.target, "describe", full_name(rpc, "."))
        assert f"rpc {rpc} (" in described


def test_grpcurl_calls_every_rpc_and_shows_why_one_is_refused(served: Served, grpcurl: str) -> None:
    key = served.new_key("grpcurl")

    def command(rpc: str, request: JsonObject) -> list[str]:
        if "update_mask" in request:
            # It has no special form for a mask, as JSON otherwise has.
            request = {**request, "update_mask": {"paths": [request["update_mask"]]}}
        header, data = f"authorization: Bearer {key}", json.dumps(request)
        return [grpcurl, "-plaintext", "-H", header, "-d", data, served.target, full_name(rpc, "/")]

    def ask(rpc: str, request: JsonObject) -> JsonObject:
        answer: JsonObject = json.loads(output(*command(rpc, request)))
        return answer

    answers = call_every_rpc(ask)
    request = filled(REFUSED, answers)
    assert isinstance(request, dict)
    ended = tool(*command("CreateSession", request))
    assert ended.returncode != 0
    for text in (
        "InvalidArgument",
        "UNKNOWN_CAPABILITY",
        "everruns",
        "capabilities[0].ref",
        "did you mean web_fetch?",
    ):
        assert text in ended.stderr


def buf_curl(buf: str, version: str) -> list[str]:
    """The command with which buf asks a gRPC server, and learns of it by a version of reflection."""
    return [buf, "curl", "--protocol", "grpc", "--http2-prior-knowledge", "--reflect-protocol", version]


@pytest.mark.parametrize("version", ["grpc-v1", "grpc-v1alpha"])
def test_buf_lists(version: str, served: Served, buf: str) -> None:
    curl, url = buf_curl(buf, version), f"http://{served.target}"
    assert set(output(*curl, "--list-services", url).split()) >= set(SERVICES)
    assert set(output(*curl, "--list-methods", url).split()) >= {full_name(rpc, "/") for rpc in METHODS}


@pytest.mark.parametrize("version", ["grpc-v1", "grpc-v1alpha"])
def test_buf_calls_every_rpc_and_shows_why_one_is_refused(version: str, served: Served, buf: str) -> None:
    key = served.new_key(version)

    def command(rpc: str, request: JsonObject) -> list[str]:
        header, data = f"authorization: Bearer {key}", json.dumps(request)
        url = f"http://{served.target}/{full_name(rpc, '/')}"
        return [*buf_curl(buf, version), "-H", header, "-d", data, url]

    def ask(rpc: str, request: JsonObject) -> JsonObject:
        answer: JsonObject = json.loads(output(*command(rpc, request)))
        return answer

    answers = call_every_rpc(ask)
    request = filled(REFUSED, answers)
    assert isinstance(request, dict)
    ended = tool(*command("CreateSession", request))
    assert ended.returncode == grpc.StatusCode.INVALID_ARGUMENT.value[0] << 3
    error = json.loads(ended.stderr)
    assert error["code"] == "invalid_argument"
    # Connect's JSON of an error has its details in base64.
    details = {detail["type"]: base64.b64decode(detail["value"] + "==") for detail in error["details"]}
    assert ErrorInfo.FromString(details["google.rpc.ErrorInfo"]).reason == "UNKNOWN_CAPABILITY"
    [violation] = BadRequest.FromString(details["google.rpc.BadRequest"]).field_violations
    assert violation.field == "capabilities[0].ref"


@pytest.mark.parametrize("version", [V1, V1ALPHA])
def test_every_rpc_can_be_called_from_what_reflection_says(version: str, served: Served) -> None:
    reflection = Reflection(served.channel, version)
    assert set(reflection.services()) >= {*SERVICES, HEALTH}
    described = {
        method.name: method for service in reflection.describe(SERVICES) for method in service.methods
    }
    assert described.keys() == METHODS.keys()
    metadata = (("authorization", served.new_key(version)),)

    def ask(rpc: str, request: JsonObject) -> JsonObject:
        method = described[rpc]
        message, response = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
        call = served.channel.unary_unary(
            f"/{full_name(rpc, '/')}", message.SerializeToString, response.FromString
        )
        answered = call(ParseDict(request, message()), metadata=metadata, timeout=PATIENCE)
        answer: JsonObject = MessageToDict(answered)
        return answer

    call_every_rpc(ask)


@pytest.mark.parametrize("version", [V1, V1ALPHA])
def test_reflection_describes_all_that_it_lists(version: str, served: Served) -> None:
    reflection = Reflection(served.channel, version)
    described = reflection.describe(reflection.services())
    assert all(service.methods for service in described)


def test_the_library_of_python_finds_every_rpc(served: Served) -> None:
    database = ProtoReflectionDescriptorDatabase(served.channel)
    assert set(database.get_services()) >= set(SERVICES)
    for service in SERVICES:
        file = database.FindFileContainingSymbol(service)
        [found] = [described for described in file.service if service.endswith(f".{described.name}")]
        expected = {name for name, m in METHODS.items() if m.containing_service.full_name == service}
        assert {method.name for method in found.method} == expected


@pytest.mark.parametrize("version", [V1, V1ALPHA])
@pytest.mark.parametrize("symbol", ["everruns.v1.SessionService.CreateSession", "everruns.v1.Session.title"])
def test_a_part_is_found_too(symbol: str, version: str, served: Served) -> None:
    # The protocol names <package>.<service>[.<method>] as what may be asked for.
    answer = Reflection(served.channel, version).ask(ServerReflectionRequest(file_containing_symbol=symbol))
    assert answer.HasField("file_descriptor_response"), answer


@pytest.mark.parametrize("version", [V1, V1ALPHA])
def test_what_there_is_not(version: str, served: Served) -> None:
    asked = ServerReflectionRequest(file_containing_symbol="everruns.v1.Nothing")
    answer = Reflection(served.channel, version).ask(asked)
    assert answer.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]


def test_it_can_be_off(tmp_path: Path) -> None:
    with serving(tmp_path, EVERRUNS_GRPC_REFLECTION="off") as (_, channel):
        for name in (V1, V1ALPHA):
            with pytest.raises(grpc.RpcError, match="UNIMPLEMENTED"):
                Reflection(channel, name).ask(ServerReflectionRequest(list_services=""))
        assert check(channel) == SERVING
