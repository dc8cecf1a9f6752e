from __future__ import annotations

import asyncio
import multiprocessing
import socket
from multiprocessing.connection import Connection

import pytest

from gateway.listen import listen


def test_it_listens_on_a_free_port() -> None:
    with listen("localhost", 0, 30) as listener, socket.create_connection(listener.getsockname()[:2]):
        pass


def answers_at_once(listener: socket.socket) -> bool:
    """Returns whether asyncio sends at once on the connections that it accepts."""

    async def accept() -> int:
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

    return asyncio.run(accept()) != 0


def report(listener: socket.socket, answer: Connection) -> None:
    answer.send(answers_at_once(listener))


def test_answers_are_sent_at_once() -> None:
    with listen("127.0.0.1", 0, 30) as listener:
        assert answers_at_once(listener)


def test_answers_of_another_process_are_sent_at_once() -> None:
    context = multiprocessing.get_context("spawn")
    answer, sending = context.Pipe(duplex=False)
    with listen("127.0.0.1", 0, 30) as listener, answer:
        process = context.Process(target=report, args=(listener, sending))
        process.start()
        sending.close()
        assert answer.recv() is True
        process.join()


def test_a_port_that_is_taken_is_an_error() -> None:
    with listen("127.0.0.1", 0, 30) as taken, pytest.raises(OSError, match="Address already in use"):
        listen("127.0.0.1", taken.getsockname()[1], 30)
