"""`python -m server serve`: its start, its health, and its end."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf.message import Message

from everruns.v1.session_pb2 import Session
from tests.system.health import NOT_SERVING, SERVING, check, watch
from tests.system.processes import PATIENCE, Process, run, serving
from tests.wire.harness.call import Call
from tests.wire.harness.grpc_client import GrpcClient, metadata_of, request_of
from tests.wire.harness.json_value import Json
from tests.wire.harness.lock_holder import write_lock_held
from tests.wire.harness.outcome import Answer, Failure
from tests.wire.harness.rpc import METHODS, method
from tests.wire.harness.tenant import with_agent

CREATE = Call("CreateSession", {"agent_id": "$agent.id"})
SERVICES = sorted({descriptor.containing_service.full_name for descriptor in METHODS.values()})


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[grpc.Channel]:
    """A channel to a server that tests share."""
    with serving(tmp_path_factory.mktemp("served")) as (_, channel):
        yield channel


def new_names(directory: Path, channel: grpc.Channel) -> dict[str, Json]:
    """What names in a call stand for: a key made on the command line, and an agent."""
    made = run(["server", "keys", "create", "--org", "acme"], directory)
    assert made.returncode == 0, made.stderr
    return with_agent({"keys": {"owner": made.stdout.strip()}}, GrpcClient(channel))


def total(channel: grpc.Channel, names: dict[str, Json]) -> Json:
    """How many sessions there are."""
    listed = GrpcClient(channel).call(Call("ListSessions").filled(names))
    assert isinstance(listed, Answer), listed
    return listed.content["total"]


def end(process: Process) -> None:
    """Ends a server as an orchestrator does."""
    process.send(signal.SIGTERM)
    assert process.end()[0] == 0, process.errors


@pytest.mark.parametrize("service", ["", *SERVICES])
def test_health(service: str, served: grpc.Channel) -> None:
    assert check(served, service) == SERVING


def test_health_of_what_there_is_not(served: grpc.Channel) -> None:
    with pytest.raises(grpc.RpcError, match="NOT_FOUND"):
        check(served, "everruns.v1.Nothing")


def test_calls_in_flight_finish_when_it_is_told_to_end(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, channel):
        names = new_names(tmp_path, channel)
        call = CREATE.filled(names)
        rpc = method(call.rpc)
        create: grpc.UnaryUnaryMultiCallable[Message, Session] = channel.unary_unary(
            rpc.path, rpc.request.SerializeToString, Session.FromString
        )
        with write_lock_held(tmp_path / "everruns.db"):
            started = [
                create.future(request_of(call), metadata=metadata_of(call, f"r{number}"), timeout=PATIENCE)
                for number in range(8)
            ]
            # What comes after them on their connection is answered, so they have come.
            assert total(channel, names) == 0
            process.send(signal.SIGTERM)
        assert len({future.result(PATIENCE).id for future in started}) == 8
        assert process.end()[0] == 0, process.errors
    with serving(tmp_path) as (process, channel):
        assert total(channel, names) == 8
        end(process)


def test_under_load_each_call_is_done_or_refused(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, channel):
        client = GrpcClient(channel)
        names = new_names(tmp_path, channel)
        call = CREATE.filled(names)
        answers: list[Answer] = []
        refusals: list[Failure] = []
        enough = threading.Event()

        def load() -> None:
            while not refusals:
                outcome = client.call(call)
                if isinstance(outcome, Failure):
                    refusals.append(outcome)
                else:
                    answers.append(outcome)
                    if len(answers) >= 100:
                        enough.set()

        threads = [threading.Thread(target=load) for _ in range(8)]
        for thread in threads:
            thread.start()
        assert enough.wait(PATIENCE)
        process.send(signal.SIGTERM)
        for thread in threads:
            thread.join(PATIENCE)
        assert process.end()[0] == 0, process.errors
    assert {refusal.status for refusal in refusals} == {"UNAVAILABLE"}
    with serving(tmp_path) as (process, channel):
        assert total(channel, names) == len(answers)
        end(process)


def test_who_watches_health_is_told_and_let_go(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, channel):
        watched = watch(channel)
        assert next(watched) == SERVING
        process.send(signal.SIGTERM)
        assert next(watched) == NOT_SERVING
        # Far less than the 30 seconds that calls in flight are given: none is.
        assert process.end(15)[0] == 0, process.errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_what_was_answered_survives(number: signal.Signals, tmp_path: Path) -> None:
    with serving(tmp_path) as (process, channel):
        names = new_names(tmp_path, channel)
        made = GrpcClient(channel).call(CREATE.filled(names))
        assert isinstance(made, Answer)
        process.send(number)
        process.end()
    with serving(tmp_path) as (process, channel):
        got = GrpcClient(channel).call(Call("GetSession", id=str(made.content["id"])).filled(names))
        assert got == Answer(made.body)
        end(process)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_taken_port(workers: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        settings = {"EVERRUNS_GRPC_PORT": port, "EVERRUNS_WORKERS": workers, "EVERRUNS_LOG_LEVEL": "ERROR"}
        ended = run(["server", "serve"], tmp_path, **settings)
    assert ended.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}: " in ended.stderr
    assert "Traceback" not in ended.stderr


def test_two_servers_do_not_share_a_port(tmp_path: Path) -> None:
    with serving(tmp_path / "first") as (process, _):
        port = str(process.grpc_port)
        ended = run(["server", "serve"], tmp_path / "second", EVERRUNS_GRPC_PORT=port)
        assert ended.returncode == 1
        assert "taken" in ended.stderr
        end(process)


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ('id = "mine"\nname = "Mine"\n', None, "description"),
        ('id = "mine"\nname = "Mine"\ndescription = "d"\nstatus = "soon"\n', 4, "status"),
        ('id = "mine"\nname = "Mine"\ndescription = "d"\ndependencies = ["web_fech"]\n', 4, "web_fetch"),
        ('id = "mine"\nname = Mine\n', 2, ""),
    ],
)
def test_a_bad_catalog_file(text: str, line: int | None, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "catalog" / "mine.toml"
    file.parent.mkdir()
    file.write_text(text)
    ended = run(["server", "serve"], tmp_path, EVERRUNS_GRPC_PORT="0", EVERRUNS_CATALOG_DIR=str(file.parent))
    assert ended.returncode == 1
    place = f"{file}:{line}: " if line else f"{file}:"
    [said] = [told for told in ended.stderr.splitlines() if place in told]
    assert reason in said.partition(place)[2]
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EVERRUNS_GRPC_PORT", "many"),
        ("EVERRUNS_THREADS", "0"),
        ("EVERRUNS_DATABASE_URL", "mysql://localhost"),
        ("EVERRUNS_CATALOG_DIR", "/nowhere/at/all"),
    ],
)
def test_a_bad_setting(name: str, value: str, tmp_path: Path) -> None:
    ended = run(["server", "serve"], tmp_path, **{"EVERRUNS_GRPC_PORT": "0", name: value})
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_servers_own_model(tmp_path: Path) -> None:
    with serving(tmp_path, EVERRUNS_DEFAULT_MODEL="house-model") as (process, channel):
        names = new_names(tmp_path, channel)
        previewed = GrpcClient(channel).call(Call("PreviewSession", {"agent_id": "$agent.id"}).filled(names))
        assert isinstance(previewed, Answer)
        runtime = previewed.content["runtime_agent"]
        assert isinstance(runtime, dict)
        assert (runtime["model"], runtime["model_source"]) == ("house-model", "server")
        end(process)


def test_ctrl_c_ends_it_too(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, _):
        # A terminal tells the whole group.
        process.send_to_group(signal.SIGINT)
        assert process.end()[0] == 0, process.errors
        assert "Traceback" not in process.errors
