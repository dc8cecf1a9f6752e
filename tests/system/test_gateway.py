"""`python -m gateway`: a process of its own, which outlives its server."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

import httpx

from tests.system.processes import free_port, run, running, wait_for_http


def test_it_waits_for_its_server_and_finds_it_again(tmp_path: Path) -> None:
    grpc_port, http = str(free_port()), free_port()
    url = f"http://127.0.0.1:{http}"
    with running(
        ["gateway"], tmp_path, EVERRUNS_GRPC_PORT=grpc_port, EVERRUNS_HTTP_PORT=str(http)
    ) as gateway:
        assert url in gateway.read_line()
        with httpx.Client(base_url=url, trust_env=False, timeout=20) as client:
            for _ in range(2):
                refused = client.get("/v1/sessions", headers={"authorization": "Bearer x"})
                assert (refused.status_code, refused.json()["code"]) == (503, "SERVER_UNAVAILABLE")
                assert refused.headers["retry-after"]
                assert client.get("/health").status_code == 503
                with running(["server", "serve"], tmp_path, EVERRUNS_GRPC_PORT=grpc_port) as server:
                    wait_for_http(url, gateway)
                    answered = client.get("/v1/sessions", headers={"authorization": "Bearer x"})
                    assert (answered.status_code, answered.json()["code"]) == (401, "API_KEY_INVALID")
                    server.send(signal.SIGTERM)
                    assert server.end()[0] == 0, server.errors
        gateway.send(signal.SIGTERM)
        assert gateway.end()[0] == 0, gateway.errors


def test_a_taken_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        ended = run(["gateway"], tmp_path, EVERRUNS_HTTP_PORT=port)
    assert ended.returncode == 1
    [line] = ended.stderr.splitlines()
    assert port in line


def test_a_bad_setting(tmp_path: Path) -> None:
    ended = run(["gateway"], tmp_path, EVERRUNS_HTTP_PORT="many")
    assert ended.returncode == 1
    [line] = ended.stderr.splitlines()
    assert "EVERRUNS_HTTP_PORT" in line
