from __future__ import annotations

import asyncio
import socket

import pytest

from gateway.listen import listen


def test_it_listens_on_a_free_port() -> None:
    with listen("localhost", 0) as listener, socket.create_connection(listener.getsockname()[:2]):
        pass


def test_answers_are_sent_at_once() -> None:
    async def no_delay(listener: socket.socket) -> int:
        accepted: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection: socket.socket = writer.get_extra_info("socket")
            accepted.set_result(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        async with await asyncio.start_server(serve, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            try:
                return await accepted
            finally:
                writer.close()

    with listen("127.0.0.1", 0) as listener:
        assert asyncio.run(no_delay(listener)) != 0


def test_a_port_that_is_taken_is_an_error() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(OSError, match="Address already in use"):
        listen("127.0.0.1", taken.getsockname()[1])
