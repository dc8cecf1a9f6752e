"""More connections than a server process may have: one more is closed at once, the others go on."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import grpc

from tests.system.health import SERVING, check
from tests.wire.harness.server import running_server, settings_of

MOST = 3
OF_ITS_OWN = [("grpc.use_local_subchannel_pool", 1)]


def asked(channel: grpc.Channel) -> grpc.StatusCode:
    """How a call over the channel ends."""
    try:
        check(channel)
    except grpc.RpcError as error:
        code: grpc.StatusCode = error.code()
        return code
    return grpc.StatusCode.OK


def test_more_connections_than_there_may_be(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, EVERRUNS_MOST_CONNECTIONS=str(MOST))
    with running_server(settings) as (_, target), ExitStack() as stack:

        def connect() -> grpc.Channel:
            return stack.enter_context(grpc.insecure_channel(target, OF_ITS_OWN))

        channels = [connect() for _ in range(MOST)]
        assert [check(channel) for channel in channels] == [SERVING] * MOST
        assert asked(connect()) is grpc.StatusCode.UNAVAILABLE
        assert [check(channel) for channel in channels] == [SERVING] * MOST
        channels[0].close()
        while (came_to := asked(connect())) is not grpc.StatusCode.OK:
            assert came_to is grpc.StatusCode.UNAVAILABLE
