from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from contextlib import AbstractContextManager

import httpx

from tests.gateway.unit.fake_server import FakeServer
from tests.gateway.unit.processes import (
    PATIENCE,
    end,
    gateway_process,
    running_python,
    wait_until,
    workers,
)

COUNT = 2


def several(server: FakeServer) -> AbstractContextManager[tuple[subprocess.Popen[str], str]]:
    """A gateway of several processes, running, and its URL."""
    return gateway_process(EVERRUNS_GRPC_PORT=str(server.port), EVERRUNS_HTTP_WORKERS=str(COUNT))


def program(application: str) -> str:
    """Several processes that never have to answer their supervisor in time."""
    return f"""
import sys, uvicorn
from gateway.listen import listen
from gateway.workers import run_workers
config = uvicorn.Config("{application}", factory=True, workers={COUNT}, timeout_worker_healthcheck=3600)
sys.exit(run_workers(config, listen("127.0.0.1", 0, 30)))
"""


def is_served(url: str) -> bool:
    """Asks on a new connection."""
    return httpx.get(f"{url}/health", trust_env=False, timeout=PATIENCE).status_code == 200


def kill(process: int) -> None:
    """Returns when it has ended: until then it may take a request."""
    descriptor = os.pidfd_open(process)
    try:
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        assert select.select([descriptor], [], [], PATIENCE)[0]
    finally:
        os.close(descriptor)


def test_a_worker_that_is_killed_is_replaced_while_requests_keep_working(server: FakeServer) -> None:
    with several(server) as (running, url):
        wait_until(lambda: len(workers(running)) == COUNT)
        assert is_served(url)
        first = workers(running)
        for worker in first:
            kill(worker)
            wait_until(lambda: is_served(url) and len(workers(running)) == COUNT)
        assert not first & workers(running)
        assert is_served(url)
        running.terminate()
        code, written = end(running)
    assert code == 0
    for worker in first:
        assert f"INFO uvicorn.error: Child process [{worker}] died" in written


def test_a_worker_that_dies_while_it_is_asked_how_it_is_is_replaced() -> None:
    with running_python("-c", program("starlette.applications:Starlette")) as running:
        wait_until(lambda: len(workers(running)) == COUNT)
        first = workers(running)
        for worker in first:
            os.kill(worker, signal.SIGSTOP)
        # It is asked every half second.
        time.sleep(1)
        for worker in first:
            kill(worker)
        wait_until(lambda: len(workers(running) - first) == COUNT)
        running.terminate()
        assert end(running)[0] == 0


def test_ctrl_c_ends_all_of_them(server: FakeServer) -> None:
    with several(server) as (running, url):
        assert is_served(url)
        os.killpg(running.pid, signal.SIGINT)
        assert end(running)[0] == 0


def test_workers_end_when_their_supervisor_is_killed(server: FakeServer) -> None:
    with several(server) as (running, url):
        wait_until(lambda: len(workers(running)) == COUNT)
        assert is_served(url)
        running.kill()
        assert end(running)[0] == -signal.SIGKILL


def test_workers_that_cannot_start_are_a_failure() -> None:
    with running_python("-c", program("gateway:no_such_application")) as running:
        code, written = end(running)
    assert code == 3
    assert "no_such_application" in written
