from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from gateway.settings import Settings
from tests.gateway.unit.fake_server import FakeServer
from tests.gateway.unit.running_gateway import running_gateway


@pytest.fixture(scope="module")
def _server() -> Iterator[FakeServer]:
    server = FakeServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(_server: FakeServer) -> FakeServer:
    """The server behind the gateway."""
    _server.reset()
    return _server


@pytest.fixture(scope="module")
def client(_server: FakeServer) -> Iterator[httpx.Client]:
    """A client of a gateway that takes bodies up to 64 KiB."""
    settings = Settings(grpc_target=f"127.0.0.1:{_server.port}", max_body_bytes=64 * 1024, timeout_seconds=20)
    with running_gateway(settings) as url, httpx.Client(base_url=url, trust_env=False, timeout=20) as client:
        yield client
