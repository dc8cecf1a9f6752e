"""The connections of clients to a port of this process, found where Linux lists what a process has open."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path

_OPEN = Path("/proc/self/fd")


def cut_connections(port: int) -> None:
    """Ends every connection to a TCP port that this process has open, and takes no more there.

    What has been written to a client still reaches it; then it sees the end of the connection, and for
    gRPC every call that has no answer is UNAVAILABLE.
    """
    for descriptor in _OPEN.iterdir():
        # One that was closed meanwhile, or is no socket.
        with suppress(OSError), socket.socket(fileno=os.dup(int(descriptor.name))) as opened:
            if opened.family in (socket.AF_INET, socket.AF_INET6) and opened.getsockname()[1] == port:
                opened.shutdown(socket.SHUT_RDWR)
