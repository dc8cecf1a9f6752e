"""`python -m server dev`, which `make run` is: everything in the foreground, ready to be tried."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.system.processes import PATIENCE, Process, environment, free_port, run, running, wait_for_http

SEED = """{
    "agent_id": "agent_01234567-89ab-cdef-0123-456789abcdef",
    "title": "Research Session",
    "tags": ["research", "web"],
    "model_id": "gpt-4o",
    "capabilities": [
      { "ref": "current_time" },
      { "ref": "web_fetch", "config": { "timeout_ms": 30000 } }
    ]
  }"""


@dataclass(frozen=True)
class Dev:
    """A service in the foreground, its first words read."""

    process: Process
    directory: Path
    url: str
    examples: str


def started(process: Process, directory: Path, url: str) -> Dev:
    """The service, once it answers over REST."""
    wait_for_http(url, process)
    lines: list[str] = []
    while not (lines and lines[-1].rstrip().endswith("/CreateSession")):
        lines.append(process.read_line())
        assert lines[-1], process.errors
    return Dev(process, directory, url, "".join(lines))


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    """A service that tests share."""
    directory = tmp_path_factory.mktemp("dev")
    http = free_port()
    ports = {"EVERRUNS_GRPC_PORT": str(free_port()), "EVERRUNS_HTTP_PORT": str(http)}
    with running(["server", "dev"], directory, **ports) as process:
        yield started(process, directory, f"http://127.0.0.1:{http}")


def bash(command: str, directory: Path, path: str = "") -> dict[str, object]:
    """What a command that is pasted into a shell prints, which must be JSON."""
    inherited = environment(directory)
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=directory,
        env={**inherited, "PATH": os.pathsep.join(filter(None, (path, inherited["PATH"]))), "no_proxy": "*"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert ended.returncode == 0, ended.stderr
    answer: dict[str, object] = json.loads(ended.stdout)
    return answer


def example(dev: Dev, command: str) -> str:
    """The printed example that begins with a command, up to the next blank line."""
    [found] = [part for part in re.split(r"\n\s*\n", dev.examples) if part.startswith(f"{command} ")]
    return found


def test_the_key_is_for_its_owner_alone(dev: Dev) -> None:
    key_file = dev.directory / "dev-key"
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    key = key_file.read_text().strip()
    assert key
    assert key not in dev.examples
    assert key not in dev.process.errors


def test_the_published_example(dev: Dev) -> None:
    session = bash(
        f"curl --silent --fail-with-body -X POST {dev.url}/v1/sessions "
        '-H "Authorization: Bearer $(cat dev-key)" -H "Content-Type: application/json" '
        f"-d '{SEED}'",
        dev.directory,
    )
    assert session["agent_id"] == "agent_0123456789abcdef0123456789abcdef"
    assert session["capabilities"] == [
        {"ref": "current_time", "config": None},
        {"ref": "web_fetch", "config": {"timeout_ms": 30000}},
    ]
    assert (session["status"], session["features"]) == ("started", [])


def test_the_printed_curl(dev: Dev) -> None:
    session = bash(example(dev, "curl"), dev.directory)
    assert str(session["id"]).startswith("session_")
    assert session["status"] == "started"


def test_the_printed_grpcurl(dev: Dev, grpcurl: str) -> None:
    session = bash(example(dev, "grpcurl"), dev.directory, path=str(Path(grpcurl).parent))
    assert str(session["id"]).startswith("session_")
    assert session["status"] == "SESSION_STATUS_STARTED"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("whole_group", [False, True])
def test_it_ends_whole(number: signal.Signals, whole_group: bool, tmp_path: Path) -> None:
    http = free_port()
    ports = {"EVERRUNS_GRPC_PORT": str(free_port()), "EVERRUNS_HTTP_PORT": str(http)}
    with running(["server", "dev"], tmp_path, **ports) as process:
        started(process, tmp_path, f"http://127.0.0.1:{http}")
        # A terminal sends Ctrl-C to the whole group.
        (process.send_to_group if whole_group else process.send)(number)
        # Returns only when the gateway has ended, too.
        assert process.end()[0] == 0, process.errors
        assert "Traceback" not in process.errors
    for port in ports.values():
        socket.create_server(("127.0.0.1", int(port))).close()


def test_it_starts_again_over_what_there_is(tmp_path: Path) -> None:
    http = free_port()
    ports = {"EVERRUNS_GRPC_PORT": str(free_port()), "EVERRUNS_HTTP_PORT": str(http)}
    keys = []
    for _ in range(2):
        with running(["server", "dev"], tmp_path, **ports) as process:
            dev = started(process, tmp_path, f"http://127.0.0.1:{http}")
            bash(example(dev, "curl"), tmp_path)
            keys.append((tmp_path / "dev-key").read_text())
            process.send(signal.SIGINT)
            assert process.end()[0] == 0, process.errors
    assert keys[0] == keys[1]


@pytest.mark.parametrize("taken", ["EVERRUNS_GRPC_PORT", "EVERRUNS_HTTP_PORT"])
def test_a_taken_port(taken: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        ports = {"EVERRUNS_GRPC_PORT": str(free_port()), "EVERRUNS_HTTP_PORT": str(free_port()), taken: port}
        ended = run(["server", "dev"], tmp_path, **ports, EVERRUNS_LOG_LEVEL="ERROR")
    assert ended.returncode == 1
    assert any(f"cannot listen on 127.0.0.1:{port}" in line for line in ended.stderr.splitlines()), (
        ended.stderr
    )
    assert "Traceback" not in ended.stderr
