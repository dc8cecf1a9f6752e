from __future__ import annotations

from pathlib import Path

import grpc
import httpx
import pytest
from google.protobuf.message import Message

from everruns.v1 import session_pb2
from gateway.settings import Settings
from tests.gateway.unit.fake_server import FakeServer
from tests.gateway.unit.processes import PATIENCE, connections, server_process, workers
from tests.gateway.unit.running_gateway import running_gateway

# With one connection each, the chance that the kernel gives all of them to one of two processes is 2 ** -31.
CHANNELS = 32


@pytest.mark.parametrize("count", [1, 3])
def test_calls_go_over_the_channels_in_turn(server: FakeServer, count: int) -> None:
    peers: list[str] = []

    def reply(request: Message, context: grpc.ServicerContext) -> Message:
        peers.append(context.peer())
        return session_pb2.Session(id="session_1")

    server.reply("GetSession", reply)
    settings = Settings(grpc_target=f"127.0.0.1:{server.port}", grpc_channels=count)
    with (
        running_gateway(settings) as url,
        httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE) as client,
    ):
        for _ in range(4 * count):
            assert client.get("/v1/sessions/s").status_code == 200
        assert client.get("/health").status_code == 200
    assert len(set(peers)) == count
    assert peers == peers[:count] * 4


def test_calls_reach_every_process_of_a_server(tmp_path: Path) -> None:
    with (
        server_process(tmp_path, 2) as (server, port),
        running_gateway(Settings(grpc_target=f"127.0.0.1:{port}", grpc_channels=CHANNELS)) as url,
        httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE) as client,
    ):
        for _ in range(CHANNELS):
            assert client.get("/v1/sessions/s").status_code == 401
        served = [connections(worker, port) for worker in workers(server)]
    assert len(served) == 2
    assert sum(served) == CHANNELS
    assert 0 not in served
