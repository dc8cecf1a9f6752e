"""A way to a server that can fall silent: connections stay open, and nothing passes any more."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator


class Way:
    """Passes on what comes over each connection, both ways, to the port of a server."""

    def __init__(self, listener: socket.socket, port: int) -> None:
        self._listener = listener
        self._to = port
        self._silent = threading.Event()
        self.port: int = listener.getsockname()[1]
        self.connections: list[socket.socket] = []

    def fall_silent(self) -> None:
        """From now on nothing passes over the connections that there are; new ones are as before."""
        self._silent.set()
        self._silent = threading.Event()

    def run(self) -> None:
        """Takes connections until the listener is closed."""
        with contextlib.suppress(OSError):
            while True:
                here, _ = self._listener.accept()
                there = socket.create_connection(("127.0.0.1", self._to))
                self.connections += [here, there]
                for source, sink in ((here, there), (there, here)):
                    arguments = (source, sink, self._silent)
                    threading.Thread(target=_pass_on, args=arguments, daemon=True).start()


def _pass_on(source: socket.socket, sink: socket.socket, silent: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            if not silent.is_set():
                sink.sendall(data)


@contextlib.contextmanager
def way_to(port: int) -> Iterator[Way]:
    """A way to a server's port, while it lasts."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        way = Way(listener, port)
        thread = threading.Thread(target=way.run, daemon=True)
        thread.start()
        try:
            yield way
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for connection in way.connections:
                connection.close()
