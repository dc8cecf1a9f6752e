"""The socket that the gateway listens on."""

from __future__ import annotations

import socket


def listen(host: str, port: int) -> socket.socket:
    """Returns a socket that listens on the first address of the host; port 0 is any free one.

    Raises OSError when it cannot: the port is taken, or there is no such host.
    """
    # asyncio sends small answers at once only on sockets that say they are TCP, and those of
    # socket.create_server do not: each answer would wait 40 ms for the client's acknowledgement.
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    family, type_, protocol, _, address = addresses[0]
    listener = socket.socket(family, type_, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener
