"""The socket that the gateway listens on."""

from __future__ import annotations

import math
import socket


def listen(host: str, port: int, send_seconds: float) -> socket.socket:
    """Returns a socket that listens on the first address of the host; port 0 is any free one. A connection
    that it takes ends with an error where its client has acknowledged nothing of what was sent to it, or has
    made no room for more, for so many seconds.

    Raises OSError when it cannot: the port is taken, or there is no such host.
    """
    # asyncio sends small answers at once only on sockets that say they are TCP, and those of
    # socket.create_server do not: each answer would wait 40 ms for the client's acknowledgement.
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    family, type_, protocol, _, address = addresses[0]
    listener = socket.socket(family, type_, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # What the kernel has taken to send is out of sight from here, and may be megabytes. The connections
        # that come inherit this; see tcp(7).
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, math.ceil(1000 * send_seconds))
        listener.bind(address)
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener
