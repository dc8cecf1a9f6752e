"""Metrics of real processes, as Prometheus reads them."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

import grpc
import pytest

from tests.system.health import SERVING, watch
from tests.system.processes import free_port, run, serving, wait_until
from tests.system.scrape import by_label, scrape, total
from tests.system.sessions import LIST, new_sessions
from tests.wire.harness.call import Call
from tests.wire.harness.outcome import Failure

MISSING = Call("GetSession", id="session_" + 32 * "0")


def test_calls_threads_and_the_store_are_counted(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, EVERRUNS_METRICS_PORT=str(port)) as (process, channel):
        sessions = new_sessions(tmp_path, channel)
        for _ in range(5):
            sessions.create()
        sessions.answer(LIST)
        assert isinstance(sessions.call(MISSING), Failure)
        watched = watch(channel)
        assert next(watched) == SERVING
        samples = scrape(port)
        requests = "everruns_rpc_requests_total"
        assert total(samples, requests, {"method": "CreateSession", "code": "OK"}) == 5
        assert total(samples, requests, {"method": "GetSession", "code": "NOT_FOUND"}) == 1
        assert by_label(samples, "everruns_rpc_duration_seconds_count", "method") == by_label(
            samples, requests, "method"
        )
        assert total(samples, "everruns_write_group_size_sum") >= 6
        assert total(samples, "everruns_commit_duration_seconds_count", {"outcome": "ok"}) >= 6
        assert total(samples, "everruns_statement_duration_seconds_count", {"kind": "read"}) > 0
        assert by_label(samples, "everruns_threads", "pool") == {"patient": 64, "quick": 4}
        assert by_label(samples, "everruns_streams_open", "method") == {"Watch": 1}
        assert total(samples, "everruns_build_info", {"component": "server", "database": "sqlite"}) == 1
        assert total(samples, "process_resident_memory_bytes") > 1e6
        process.send(signal.SIGTERM)
        assert process.end()[0] == 0, process.errors


def test_several_processes_are_told_as_one(tmp_path: Path) -> None:
    port = free_port()
    settings = {"EVERRUNS_METRICS_PORT": str(port), "EVERRUNS_WORKERS": "2"}
    with serving(tmp_path, **settings) as (process, channel):
        wait_until(process, lambda: "2 processes serve gRPC on port " in process.errors)
        sessions = new_sessions(tmp_path, channel)
        made = [sessions.create()]
        served: dict[str, float] = {}
        # A connection reaches one of the two; a few tries reach both.
        while len(served) < 2:
            options = [("grpc.use_local_subchannel_pool", 1)]
            with grpc.insecure_channel(f"127.0.0.1:{process.grpc_port}", options) as another:
                made.append(sessions.over(another).create())
            served = {
                place: count
                for place, count in by_label(scrape(port), "everruns_rpc_requests_total", "process").items()
                if count
            }
        samples = scrape(port)
        created = {"method": "CreateSession", "code": "OK"}
        assert total(samples, "everruns_rpc_requests_total", created) == len(made)
        assert set(served) == {"0", "1"}
        assert total(samples, "everruns_processes") == total(samples, "everruns_processes_expected") == 2
        process.send(signal.SIGTERM)
        assert process.end()[0] == 0, process.errors


def test_without_a_port_nothing_is_served(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, _):
        assert "metrics" not in process.errors
        process.send(signal.SIGTERM)
        assert process.end()[0] == 0, process.errors


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_taken_port_for_metrics_is_one_line(workers: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        settings = {"EVERRUNS_GRPC_PORT": "0", "EVERRUNS_METRICS_PORT": port, "EVERRUNS_WORKERS": workers}
        ended = run(["server", "serve"], tmp_path, EVERRUNS_LOG_LEVEL="ERROR", **settings)
    assert ended.returncode == 1
    assert (
        ended.stderr == f"everruns: cannot listen on 127.0.0.1:{port} for metrics: Address already in use\n"
    )
