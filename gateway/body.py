"""The body of a request, as it comes in."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from starlette.types import Receive

from everruns.v1.error_reason_pb2 import MALFORMED_BODY, MESSAGE_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE
from gateway.problem import Problem, refusal


class ClientGone(Exception):
    """The client closed the connection before it had sent the whole body; nobody is left to answer."""


async def read_bytes(headers: Mapping[bytes, bytes], receive: Receive, limit: int) -> bytes:
    """Returns the bytes of a body of any type, none if it has none.

    Raises Problem: MESSAGE_TOO_LARGE above `limit` bytes, whether declared or only found on reading;
    UNSUPPORTED_MEDIA_TYPE for a body that is compressed. Raises ClientGone.
    """
    if int(headers.get(b"content-length", b"0")) > limit:
        raise _too_large(limit)
    body = await _read(receive, limit)
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise refusal(UNSUPPORTED_MEDIA_TYPE, "The body must not be compressed.")
    return body


async def read_json_bytes(headers: Mapping[bytes, bytes], receive: Receive, limit: int) -> bytes:
    """Returns the bytes of a body that is declared as JSON.

    Raises what `read_bytes` raises, and Problem: MALFORMED_BODY for an empty body; UNSUPPORTED_MEDIA_TYPE
    for a body that is not declared as JSON in UTF-8.
    """
    body = await read_bytes(headers, receive, limit)
    if not body:
        raise refusal(MALFORMED_BODY, "The body is empty; it must be a JSON object.")
    if not _is_json(headers.get(b"content-type", b"")):
        raise refusal(UNSUPPORTED_MEDIA_TYPE, "The body must be declared as Content-Type: application/json.")
    return body


async def _read(receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks)


# Clients send few different values.
@lru_cache(maxsize=64)
def _is_json(content_type: bytes) -> bool:
    media_type, *parameters = [part.strip() for part in content_type.lower().split(b";")]
    if media_type != b"application/json" and not (
        media_type.startswith(b"application/") and media_type.endswith(b"+json")
    ):
        return False
    for parameter in parameters:
        name, _, value = parameter.partition(b"=")
        if name.strip() == b"charset" and value.strip().strip(b'"') not in (b"utf-8", b"utf8"):
            return False
    return True


def _too_large(limit: int) -> Problem:
    return refusal(MESSAGE_TOO_LARGE, f"The body is larger than {limit} bytes.")
