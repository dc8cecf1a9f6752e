"""Clients that take too long to ask or to take what they are answered, and those that are too many.

uvicorn waits for a request, and for its answer to be taken, for as long as the client keeps the connection
open, so that a few bytes now and then would hold a connection, and what is to pass over it, for ever; and it
takes any number of connections.
"""

from __future__ import annotations

import asyncio

import h11
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

_TOO_MANY = (
    b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\nretry-after: 1\r\n\r\n"
)


class Impatient(H11Protocol):
    """A connection that is closed, without an answer, unless each request has come whole within
    `receive_seconds`: of the begin of the connection, or of the request's first bytes on one that is used
    again. It is cut off where something that was written to it has not been taken within `send_seconds`: an
    answer, or a part of a stream, since no more is written before.
    Where there are `most` of them in the process already, it is closed after an answer that says so.
    """

    def __init__(
        self,
        receive_seconds: float,
        send_seconds: float,
        most: int,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._receive_seconds = receive_seconds
        self._send_seconds = send_seconds
        self._most = most
        self._waiting: asyncio.TimerHandle | None = None
        self._sending: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Begins to wait for the first request."""
        super().connection_made(transport)
        # So that it is told as soon as something does not go out at once, and when all of it has.
        transport.set_write_buffer_limits(high=1, low=0)
        if len(self.connections) > self._most:
            transport.write(_TOO_MANY)
            transport.close()
            return
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Waits for the rest of a request, or no longer."""
        super().data_received(data)
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            if self._waiting is None:
                self._wait()
        else:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Waits no longer."""
        super().connection_lost(exc)
        self._stop_waiting()
        self._stop_sending()

    def pause_writing(self) -> None:
        """Waits for what was written to go out, or no longer."""
        super().pause_writing()
        # To close it would be to wait for just that.
        self._sending = self.loop.call_later(self._send_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Waits no longer: all that was written is on its way."""
        super().resume_writing()
        self._stop_sending()

    def shutdown(self) -> None:
        """Has streams end, which uvicorn would wait for."""
        super().shutdown()
        stopping = self.app_state.get("stopping")
        if isinstance(stopping, asyncio.Event):
            stopping.set()

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(self._receive_seconds, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _stop_sending(self) -> None:
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None
