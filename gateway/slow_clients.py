"""Clients that take too long to say what they want, and those that are too many.

uvicorn waits for a request for as long as its client keeps the connection open, so that a few bytes now and
then would hold a connection, and what has come so far, for ever; and it takes any number of connections.
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
    """A connection that is closed, without an answer, unless each request has come whole within so many
    seconds: of the begin of the connection, or of the request's first bytes on one that is used again.
    Where there are `most` of them in the process already, it is closed after an answer that says so.
    """

    def __init__(
        self,
        seconds: float,
        most: int,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._seconds = seconds
        self._most = most
        self._waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Begins to wait for the first request."""
        super().connection_made(transport)
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

    def shutdown(self) -> None:
        """Has streams end, which uvicorn would wait for."""
        super().shutdown()
        stopping = self.app_state.get("stopping")
        if isinstance(stopping, asyncio.Event):
            stopping.set()

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(self._seconds, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
