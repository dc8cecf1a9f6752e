"""`python -m server health` asks the server on its machine, with the settings that clients have."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.processes import free_port, run, running, wait_until
from tests.system.tls import Files, Trust, new_trust


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    return new_trust(tmp_path_factory.mktemp("trust"))


@pytest.fixture(scope="module")
def mutual(trust: Trust, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The settings of a server that runs, and asks its clients for certificates."""
    settings = {
        "EVERRUNS_GRPC_PORT": str(free_port()),
        "EVERRUNS_GRPC_HOST": "0.0.0.0",
        "EVERRUNS_GRPC_TLS_CERT": str(trust.server.certificate),
        "EVERRUNS_GRPC_TLS_KEY": str(trust.server.key),
        "EVERRUNS_GRPC_TLS_CLIENT_CA": str(trust.client_ca),
    }
    with running(["server", "serve"], tmp_path_factory.mktemp("mutual"), **settings) as process:
        wait_until(process, lambda: "serving gRPC on" in process.errors)
        yield settings


def own(files: Files) -> dict[str, str]:
    """The settings of a client's own certificate."""
    return {
        "EVERRUNS_GRPC_CLIENT_CERT": str(files.certificate),
        "EVERRUNS_GRPC_CLIENT_KEY": str(files.key),
    }


def test_a_server_with_mutual_tls_is_asked_with_what_its_clients_have(
    mutual: dict[str, str], trust: Trust, tmp_path: Path
) -> None:
    ca = {"EVERRUNS_GRPC_CA": str(trust.ca)}
    named = {"EVERRUNS_GRPC_SERVER_NAME": "sessions.internal"}
    for more, code in (
        ({**ca, **own(trust.client)}, 0),
        ({**ca, **own(trust.client), **named}, 0),
        ({**ca, **own(trust.client), "EVERRUNS_GRPC_SERVER_NAME": "other.internal"}, 1),
        ({**ca, **own(trust.stranger)}, 1),
        (ca, 1),
        ({"EVERRUNS_GRPC_CA": str(trust.client_ca), **own(trust.client)}, 1),
    ):
        asked = run(["server", "health"], tmp_path, **mutual, **more)
        assert (asked.returncode, asked.stdout) == (code, ""), (more, asked.stderr)


@pytest.mark.parametrize("missing", ["EVERRUNS_GRPC_CA", "EVERRUNS_GRPC_CLIENT_KEY"])
def test_what_is_missing_is_named(missing: str, mutual: dict[str, str], trust: Trust, tmp_path: Path) -> None:
    settings = {**mutual, "EVERRUNS_GRPC_CA": str(trust.ca), **own(trust.client)}
    del settings[missing]
    asked = run(["server", "health"], tmp_path, **settings)
    assert asked.returncode == 1
    assert missing in asked.stderr
    assert len(asked.stderr.splitlines()) == 1


def test_a_file_that_is_none_is_named(mutual: dict[str, str], trust: Trust, tmp_path: Path) -> None:
    asked = run(["server", "health"], tmp_path, **mutual, EVERRUNS_GRPC_CA=str(trust.server.key))
    assert asked.returncode == 1
    assert f"{trust.server.key} holds no certificate" in asked.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::]"])
def test_a_server_is_asked_where_it_listens(host: str, tmp_path: Path) -> None:
    settings = {
        "EVERRUNS_GRPC_HOST": host,
        "EVERRUNS_GRPC_PORT": str(free_port()),
        "EVERRUNS_ALLOW_PLAINTEXT": "on",
    }
    assert run(["server", "health"], tmp_path, **settings).returncode == 1
    with running(["server", "serve"], tmp_path, **settings) as process:
        wait_until(process, lambda: "serving gRPC on" in process.errors)
        asked = run(["server", "health"], tmp_path, **settings)
    assert asked.returncode == 0, asked.stderr
