"""The line of a request, and its place in the metrics."""

from __future__ import annotations

import json
import logging
import signal
import time
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from everruns.v1 import session_pb2
from gateway.access import Access
from gateway.log import JsonFormatter, TextFormatter
from gateway.metrics import HttpMetrics
from gateway.settings import Settings
from tests.gateway.unit.fake_server import FakeServer
from tests.gateway.unit.processes import PATIENCE, end, gateway_process, running_python, wait_until
from tests.gateway.unit.running_gateway import running_gateway
from tests.system.processes import free_port

SESSION = session_pb2.Session(id="session_1")


@pytest.fixture
def logging_client(server: FakeServer, caplog: pytest.LogCaptureFixture) -> Iterator[httpx.Client]:
    """A client of a gateway each of whose requests has a line."""
    caplog.set_level(logging.INFO, "gateway.access")
    settings = Settings(grpc_target=f"127.0.0.1:{server.port}", log_calls=1)
    with running_gateway(settings) as url, httpx.Client(base_url=url, trust_env=False, timeout=20) as client:
        yield client


def test_each_request_has_its_line_without_anything_secret(
    server: FakeServer, logging_client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    server.reply("GetSession", SESSION)
    secret = {"authorization": "Bearer SECRET", "x-request-id": "r-1"}
    logging_client.get("/v1/sessions/SECRET", headers=secret)
    logging_client.post("/v1/sessions", headers=secret, json={"SECRET": 1})
    logging_client.get("/SECRET?SECRET=1", headers=secret)
    logging_client.request("SECRET", "/v1/sessions", headers=secret)
    # A line is written when its answer is on its way.
    deadline = time.monotonic() + 10
    while len(records := [r for r in caplog.records if r.name == "gateway.access"]) < 4:
        assert time.monotonic() < deadline, records
        time.sleep(0.01)
    lines = [json.loads(JsonFormatter().format(record)) for record in records]
    assert [(line["method"], line["route"], line["status"], line["reason"]) for line in lines] == [
        ("GET", "/v1/sessions/{id}", 200, None),
        ("POST", "/v1/sessions", 400, "UNKNOWN_FIELD"),
        ("GET", "unmatched", 404, "ROUTE_NOT_FOUND"),
        ("OTHER", "unmatched", 405, "METHOD_NOT_ALLOWED"),
    ]
    for line, record in zip(lines, records, strict=True):
        assert line["request_id"] == "r-1"
        assert line["duration_ms"] > 0
        assert line["peer"].startswith("127.0.0.1:")
        assert "SECRET" not in json.dumps(line)
        text = TextFormatter("%(message)s").format(record)
        assert "SECRET" not in text
        assert "request_id=r-1" in text


@pytest.mark.parametrize(("log_calls", "good", "bad"), [(1, 10, 3), (5, 2, 3), (0, 0, 3), (None, 0, 0)])
def test_which_requests_have_a_line(
    log_calls: int | None, good: int, bad: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gateway.access")
    access = Access(log_calls)
    for status in [200] * 10 + [400, 503, 499]:
        access.ends(access.begins(), "r-1", "GET", "/v1/sessions", status, None, None)
    said = [record.getMessage() for record in caplog.records]
    assert said.count("GET /v1/sessions 200") == good
    assert len(said) == good + bad


def test_requests_are_counted() -> None:
    registry = CollectorRegistry()
    access = Access(None, HttpMetrics(registry))
    started = access.begins()
    assert registry.get_sample_value("everruns_http_in_flight") == 1
    access.ends(started, "r-1", "GET", "/v1/sessions/{id}", 200, None, None)
    access.ends(access.begins(), "r-2", "GET", "/v1/sessions/{id}", 404, "SESSION_NOT_FOUND", None)
    assert registry.get_sample_value("everruns_http_in_flight") == 0
    labels = {"method": "GET", "route": "/v1/sessions/{id}"}
    for status in ("200", "404"):
        one = {**labels, "status": status}
        assert registry.get_sample_value("everruns_http_requests_total", one) == 1
    assert registry.get_sample_value("everruns_http_duration_seconds_count", labels) == 2


def scrape(port: int) -> dict[str, float]:
    """The sum of the samples of each name."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False, timeout=PATIENCE).text
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0) + sample.value
    return found


@pytest.mark.parametrize("count", ["1", "2"])
def test_the_metrics_of_all_processes_are_at_one_port(server: FakeServer, count: str) -> None:
    server.reply("GetSession", SESSION)
    port = free_port()
    settings = {
        "EVERRUNS_GRPC_PORT": str(server.port),
        "EVERRUNS_HTTP_WORKERS": count,
        "EVERRUNS_HTTP_METRICS_PORT": str(port),
    }
    with gateway_process(**settings) as (running, url):
        wait_until(lambda: httpx.get(f"{url}/health", trust_env=False, timeout=PATIENCE).status_code == 200)
        before = scrape(port)["everruns_http_requests_total"]
        for _ in range(20):
            # A connection each, so that both processes have some.
            assert httpx.get(f"{url}/v1/sessions/s", trust_env=False, timeout=PATIENCE).status_code == 200
        # An answer is counted once it is sent, which its client may know before.
        wait_until(lambda: scrape(port)["everruns_http_requests_total"] == before + 20)
        samples = scrape(port)
        assert samples["everruns_http_duration_seconds_count"] == before + 20
        assert samples["everruns_http_in_flight"] == 0
        assert samples["everruns_build_info"] == 1
        running.send_signal(signal.SIGTERM)
        assert end(running)[0] == 0


def test_a_taken_port_for_metrics_is_one_line(server: FakeServer) -> None:
    settings = {"EVERRUNS_HTTP_METRICS_PORT": str(server.port)}
    with running_python("-m", "gateway", **settings) as running:
        code, text = end(running)
    assert code == 1
    assert text == f"gateway: cannot listen on 127.0.0.1:{server.port} for metrics: Address already in use\n"
