"""`python -m gateway call` as a process, against a server that runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.processes import PATIENCE, ROOT, environment, free_port, run, running, serving, wait_until
from tests.system.tls import HOST, Trust, new_trust
from tests.wire.harness.call import Call
from tests.wire.harness.grpc_client import GrpcClient
from tests.wire.harness.outcome import Answer

CALL = ["gateway", "call"]
AGENT = '{"name": "é", "system_prompt": "p"}'


def piped(
    arguments: list[str], directory: Path, typed: bytes, **more: str
) -> subprocess.CompletedProcess[bytes]:
    """Runs a call with something on stdin."""
    return subprocess.run(
        [sys.executable, "-m", *CALL, *arguments],
        cwd=ROOT,
        env=environment(directory, **more),
        input=typed,
        capture_output=True,
        timeout=PATIENCE,
    )


def test_a_call_is_made_and_refused(tmp_path: Path) -> None:
    key = run(["server", "keys", "create", "--org", "acme"], tmp_path).stdout.strip()
    with serving(tmp_path) as (process, channel):
        more = {"EVERRUNS_GRPC_PORT": str(process.grpc_port), "EVERRUNS_KEY": key}
        applied = run([*CALL, "ApplyAgent", AGENT], tmp_path, **more)
        assert (applied.returncode, applied.stderr) == (0, "")
        agent = json.loads(applied.stdout)
        read = GrpcClient(channel).call(Call("GetAgent", id=agent["id"], authorization=key))
        assert read == Answer(agent)

        created = piped(["CreateSession", "-"], tmp_path, '{"agent_name": "é"}'.encode(), **more)
        assert (created.returncode, created.stderr) == (0, b"")
        assert json.loads(created.stdout)["agent_id"] == agent["id"]

        refused = run([*CALL, "CreateSession", '{"agent_name": "f"}'], tmp_path, **more)
        assert (refused.returncode, refused.stdout) == (1, "")
        words, document = refused.stderr.splitlines()
        assert words.startswith("AGENT_NOT_FOUND: ")
        assert json.loads(document)["code"] == "AGENT_NOT_FOUND"


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    port = str(free_port())
    ended = run([*CALL, "ListSessions"], tmp_path, EVERRUNS_GRPC_PORT=port)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert f"127.0.0.1:{port}" in ended.stderr.splitlines()[0]
    assert json.loads(ended.stderr.splitlines()[-1])["code"] == "SERVER_UNAVAILABLE"


def test_who_reads_it_may_have_enough(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer) as nowhere:
        ended = subprocess.run(
            [sys.executable, "-m", *CALL, "--help"],
            cwd=ROOT,
            env=environment(tmp_path),
            stdout=nowhere,
            stderr=subprocess.PIPE,
            timeout=PATIENCE,
        )
    assert (ended.returncode, ended.stderr) == (0, b"")


@pytest.fixture
def trust(tmp_path: Path) -> Trust:
    return new_trust(tmp_path)


def test_a_call_over_mutual_tls(trust: Trust, tmp_path: Path) -> None:
    port = str(free_port())
    served = {
        "EVERRUNS_GRPC_PORT": port,
        "EVERRUNS_GRPC_TLS_CERT": str(trust.server.certificate),
        "EVERRUNS_GRPC_TLS_KEY": str(trust.server.key),
        "EVERRUNS_GRPC_TLS_CLIENT_CA": str(trust.client_ca),
    }
    client = {
        "EVERRUNS_GRPC_TARGET": f"{HOST}:{port}",
        "EVERRUNS_GRPC_CA": str(trust.ca),
        "EVERRUNS_GRPC_CLIENT_CERT": str(trust.client.certificate),
        "EVERRUNS_GRPC_CLIENT_KEY": str(trust.client.key),
    }
    stranger = {**client, "EVERRUNS_GRPC_CLIENT_CERT": str(trust.stranger.certificate)}
    stranger["EVERRUNS_GRPC_CLIENT_KEY"] = str(trust.stranger.key)
    with running(["server", "serve"], tmp_path / "data", **served) as process:
        wait_until(process, lambda: "serving gRPC" in process.errors)
        answered = run([*CALL, "ListSessions"], tmp_path, **client, EVERRUNS_KEY="none")
        assert (answered.returncode, answered.stderr[:16]) == (1, "API_KEY_INVALID:")
        assert run([*CALL, "ListSessions"], tmp_path, **stranger).returncode == 3
    trust.ca.write_text("none")
    spoilt = run([*CALL, "ListSessions"], tmp_path, **client)
    assert (spoilt.returncode, spoilt.stdout) == (2, "")
    assert str(trust.ca) in spoilt.stderr
