"""Connections end at an age that is set, so that clients spread again, and no call is lost by it."""

from __future__ import annotations

import queue
from pathlib import Path

import grpc

from tests.system.health import SERVING, check
from tests.system.processes import PATIENCE, serving


def test_an_old_connection_ends_and_its_client_connects_anew(tmp_path: Path) -> None:
    states: queue.SimpleQueue[grpc.ChannelConnectivity] = queue.SimpleQueue()
    with serving(tmp_path, EVERRUNS_GRPC_MAX_CONNECTION_AGE_SECONDS="1") as (_, channel):
        channel.subscribe(states.put)
        while states.get(timeout=PATIENCE) is not grpc.ChannelConnectivity.IDLE:
            # A call does not keep it open.
            if states.empty():
                assert check(channel) == SERVING
        for _ in range(3):
            assert check(channel) == SERVING
