"""HTTP/2 by hand (RFC 9113), for what no client would send."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, CONTINUATION = 0x0, 0x1, 0x3, 0x4, 0x6, 0x9
END_STREAM, END_HEADERS, ACK = 0x1, 0x4, 0x1
CANCEL = struct.pack(">I", 8)
LARGEST_DATA = 16_384
CREATE = "/everruns.v1.SessionService/CreateSession"
GET = "/everruns.v1.SessionService/GetSession"


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """A frame, of whatever length."""
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def header(name: str, value: bytes) -> bytes:
    """A header field that is spelled out and not indexed (RFC 7541, section 6.2.2)."""
    return b"\0" + _text(name.encode()) + _text(value)


def request_headers(path: str, *more: tuple[str, bytes]) -> bytes:
    """The header block of a gRPC call, without a key."""
    fields = [
        (":method", b"POST"),
        (":scheme", b"http"),
        (":path", path.encode()),
        (":authority", b"localhost"),
        ("te", b"trailers"),
        ("content-type", b"application/grpc"),
        *more,
    ]
    return b"".join(header(name, value) for name, value in fields)


def message(data: bytes, compressed: bool = False) -> bytes:
    """A gRPC message with its prefix."""
    return struct.pack(">?I", compressed, len(data)) + data


def data_frames(stream: int, data: bytes) -> list[bytes]:
    """The frames of a request's body."""
    starts = range(0, len(data), LARGEST_DATA)
    return [
        frame(
            DATA,
            END_STREAM if start + LARGEST_DATA >= len(data) else 0,
            stream,
            data[start : start + LARGEST_DATA],
        )
        for start in starts
    ]


@contextmanager
def connection(port: int) -> Iterator[socket.socket]:
    """A connection on which the preface and empty settings have been sent."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as opened:
        opened.sendall(PREFACE + frame(SETTINGS, 0, 0))
        yield opened


def send(to: socket.socket, frames: Sequence[bytes]) -> None:
    """Sends frames, as far as the other side takes them."""
    with contextlib.suppress(OSError):
        for start in range(0, len(frames), 100):
            to.sendall(b"".join(frames[start : start + 100]))


def read_until(opened: socket.socket, wanted: bytes) -> bytes:
    """What comes until these bytes have, or the other side has closed the connection."""
    found = b""
    with contextlib.suppress(ConnectionError):
        while wanted not in found and (more := opened.recv(65_536)):
            found += more
    return found


def _text(text: bytes) -> bytes:
    length, prefix = len(text), b""
    if length < 127:
        return bytes([length]) + text
    length -= 127
    while length >= 128:
        prefix += bytes([length % 128 + 128])
        length //= 128
    return b"\x7f" + prefix + bytes([length]) + text
