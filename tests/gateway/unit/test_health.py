from __future__ import annotations

import time

import httpx
from grpc_health.v1.health_pb2 import HealthCheckResponse

from everruns.v1 import session_pb2
from gateway.settings import Settings
from tests.gateway.unit.fake_server import FakeServer
from tests.gateway.unit.problem_document import problem
from tests.gateway.unit.running_gateway import running_gateway

SESSION = session_pb2.Session(id="session_1")


def test_health_follows_the_server(server: FakeServer, client: httpx.Client) -> None:
    answer = client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "x-request-id" in answer.headers
    assert client.head("/health").status_code == 200
    server.health.set("", HealthCheckResponse.NOT_SERVING)
    answer = client.get("/health")
    problem(answer, "SERVER_UNAVAILABLE", 503)
    assert answer.headers["retry-after"] == "1"


def test_a_server_that_is_away_is_503_until_it_is_back() -> None:
    first = FakeServer()
    first.reset()
    first.reply("GetSession", SESSION)
    first.start()
    with (
        running_gateway(Settings(grpc_target=f"127.0.0.1:{first.port}")) as url,
        httpx.Client(base_url=url, trust_env=False, timeout=20) as client,
    ):
        assert client.get("/v1/sessions/s").status_code == 200
        first.stop()
        answer = client.get("/v1/sessions/s")
        problem(answer, "SERVER_UNAVAILABLE", 503)
        assert answer.headers["retry-after"] == "1"
        assert str(first.port) not in answer.text
        problem(client.get("/health"), "SERVER_UNAVAILABLE", 503)

        second = FakeServer(first.port)
        second.reset()
        second.reply("GetSession", SESSION)
        second.start()
        try:
            deadline = time.monotonic() + 15
            while client.get("/v1/sessions/s").status_code != 200:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert client.get("/health").status_code == 200
        finally:
            second.stop()
