"""`export` and `import` as processes, as an operator runs them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from everruns.v1.session_pb2 import SessionSpec
from everruns.v1.session_service_pb2 import (
    BatchCreateSessionsRequest,
    DeleteSessionRequest,
    ListSessionsRequest,
    SessionBatch,
    UndeleteSessionRequest,
)
from everruns.v1.session_service_pb2_grpc import SessionServiceStub
from server.seed import AGENT_ID
from tests.system.processes import free_port, run, serving

NUMBER = 300


@dataclass(frozen=True)
class Place:
    """A server with the development agent, and the file of its key."""

    address: str
    stub: SessionServiceStub
    directory: Path

    @property
    def key_file(self) -> Path:
        """Where its key is."""
        return self.directory / "dev-key"

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What every call brings."""
        return (("authorization", f"Bearer {self.key_file.read_text().strip()}"),)

    def create(self, number: int) -> list[str]:
        """The ids of so many new sessions."""
        specs = [SessionSpec(agent_id=AGENT_ID, title=f"Session {place}") for place in range(number)]
        request = BatchCreateSessionsRequest(batch=SessionBatch(requests=specs))
        return [
            session.id for session in self.stub.BatchCreateSessions(request, metadata=self.metadata).sessions
        ]

    def total(self) -> int:
        """How many sessions there are."""
        return int(self.stub.ListSessions(ListSessionsRequest(), metadata=self.metadata).total_size)

    def run(self, command: str, *arguments: str, **more: str) -> CompletedProcess[str]:
        """Runs the command with it, and with the key that is in its file unless the environment has one."""
        key = () if "EVERRUNS_API_KEY" in more else ("--key-file", str(self.key_file))
        return run(["server", command, "--server", self.address, *key, *arguments], self.directory, **more)


@contextmanager
def a_place(directory: Path) -> Iterator[Place]:
    """One in a directory of its own."""
    directory.mkdir()
    assert run(["server", "seed"], directory).returncode == 0
    with serving(directory) as (process, channel):
        yield Place(f"127.0.0.1:{process.grpc_port}", SessionServiceStub(channel), directory)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, Place]]:
    """Two that tests share, from one of which sessions go to the other."""
    directory = tmp_path_factory.mktemp("transfers")
    with a_place(directory / "source") as source, a_place(directory / "target") as target:
        yield source, target


def test_sessions_go_from_one_server_to_another(places: tuple[Place, Place], tmp_path: Path) -> None:
    source, target = places
    ids = source.create(NUMBER)
    file = tmp_path / "sessions.jsonl"
    exported = source.run("export", "--to", str(file))
    assert (exported.returncode, exported.stdout) == (0, "")
    assert exported.stderr == f"exporting: 100 %\n{NUMBER} sessions exported\n"
    lines = file.read_bytes()
    assert [json.loads(line)["session"]["id"] for line in lines.splitlines()] == ids

    imported = target.run("import", "--from", str(file))
    assert (imported.returncode, imported.stderr) == (0, "importing: 100 %\n")
    assert imported.stdout == f"{NUMBER} created, 0 there already, 0 failed\n"
    assert target.total() == NUMBER
    key = target.key_file.read_text().strip()
    again = target.run("export", EVERRUNS_API_KEY=key)
    assert (again.returncode, again.stdout.encode()) == (0, lines)
    for shown in (exported, imported, again):
        assert key not in shown.stdout + shown.stderr

    # What was deleted there is not made a second time, and comes back as it was.
    target.stub.DeleteSession(DeleteSessionRequest(id=ids[0]), metadata=target.metadata)
    some = tmp_path / "some.jsonl"
    bad = b'{"version": 1, "session": {"id": "x"}}\nno JSON\n\n'
    some.write_bytes(bad + b"".join(lines.splitlines(keepends=True)[:2]))
    partly = target.run("import", "--from", str(some))
    assert (partly.returncode, partly.stdout) == (1, "0 created, 1 there already, 3 failed\n")
    told = [line for line in partly.stderr.splitlines() if line.startswith("line ")]
    assert [line.split(": ")[:2] for line in told] == [
        ["line 1", "INVALID_ID"],
        ["line 2", "INVALID_LINE"],
        ["line 4", "SESSION_ALREADY_EXISTS"],
    ]
    assert "undelete it" in told[2]
    target.stub.UndeleteSession(UndeleteSessionRequest(id=ids[0]), metadata=target.metadata)
    assert target.total() == NUMBER


@pytest.mark.parametrize("command", ["export", "import"])
def test_what_cannot_be_done_is_told_in_a_line(
    command: str, places: tuple[Place, Place], tmp_path: Path
) -> None:
    place, _ = places
    there = tmp_path / "there"
    there.write_text("{}\n")
    wrong = tmp_path / "wrong-key"
    wrong.write_text("evr_wrong\n")
    file = ("--to", str(tmp_path / "new")) if command == "export" else ("--from", str(there))
    refused = run(["server", command, "--server", place.address, "--key-file", str(wrong), *file], tmp_path)
    assert refused.returncode == 1
    assert f"everruns: the {command} ended early: UNAUTHENTICATED: " in refused.stderr
    nobody = ["server", command, "--server", f"127.0.0.1:{free_port()}", "--key-file", str(wrong)]
    (tmp_path / "new").unlink(missing_ok=True)
    gone = run([*nobody, *file], tmp_path)
    assert gone.returncode == 1
    assert f"everruns: the {command} ended early: UNAVAILABLE: " in gone.stderr
    without = run(["server", command, "--server", place.address, *file], tmp_path)
    assert without.returncode == 1
    assert without.stderr.endswith("everruns: EVERRUNS_API_KEY: is needed, or --key-file\n")


def test_an_export_overwrites_nothing(places: tuple[Place, Place], tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_text("mine")
    refused = places[0].run("export", "--to", str(there))
    assert (refused.returncode, there.read_text()) == (1, "mine")
    assert "there" in refused.stderr
