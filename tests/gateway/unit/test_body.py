from __future__ import annotations

import asyncio

import pytest
from starlette.types import Message

from gateway.body import ClientGone, read_json_bytes
from gateway.problem import Problem

JSON = {b"content-type": b"application/json"}


def read(headers: dict[bytes, bytes], *chunks: bytes, limit: int = 10) -> bytes:
    messages: list[Message] = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    messages.append({"type": "http.request"})

    async def receive() -> Message:
        return messages.pop(0)

    return asyncio.run(read_json_bytes(headers, receive, limit))


def refused(headers: dict[bytes, bytes], *chunks: bytes, limit: int = 10) -> tuple[str, int]:
    with pytest.raises(Problem) as caught:
        read(headers, *chunks, limit=limit)
    return caught.value.code, caught.value.status


def test_chunks_are_joined() -> None:
    assert read(JSON, b'{"a', b"", b'":1}') == b'{"a":1}'


def test_a_body_of_the_limit_is_read_and_one_byte_more_is_not() -> None:
    assert read(JSON, b"x" * 6, b"x" * 4) == b"x" * 10
    assert refused(JSON, b"x" * 6, b"x" * 5) == ("MESSAGE_TOO_LARGE", 413)


def test_a_body_that_is_declared_too_large_is_not_read() -> None:
    async def receive() -> Message:
        raise AssertionError

    with pytest.raises(Problem) as caught:
        asyncio.run(read_json_bytes({**JSON, b"content-length": b"11"}, receive, 10))
    assert caught.value.code == "MESSAGE_TOO_LARGE"


@pytest.mark.parametrize(
    "content_type",
    [
        b"application/json",
        b"APPLICATION/JSON",
        b"application/json; charset=utf-8",
        b'application/json;charset="UTF-8"',
        b"application/json ; charset=utf8",
        b"application/json; indent=2",
        b"application/merge-patch+json",
        b"application/vnd.example+json; charset=utf-8",
    ],
)
def test_json_may_be_declared_so(content_type: bytes) -> None:
    assert read({b"content-type": content_type}, b"{}") == b"{}"


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        b"",
        b"text/plain",
        b"text/json",
        b"application/x-www-form-urlencoded",
        b"multipart/form-data; boundary=x",
        b"application/jsonx",
        b"application/xml",
        b"image/svg+json",
        b"application/json; charset=latin-1",
        b"application/json; charset=utf-16",
        b"application/json, application/json",
        b"\xff",
    ],
)
def test_another_content_type_is_refused(content_type: bytes | None) -> None:
    headers = {} if content_type is None else {b"content-type": content_type}
    assert refused(headers, b"{}") == ("UNSUPPORTED_MEDIA_TYPE", 415)


def test_a_compressed_body_is_refused() -> None:
    assert refused({**JSON, b"content-encoding": b"gzip"}, b"{}") == ("UNSUPPORTED_MEDIA_TYPE", 415)
    assert read({**JSON, b"content-encoding": b"identity"}, b"{}") == b"{}"


@pytest.mark.parametrize("headers", [{}, JSON])
def test_an_empty_body_is_refused_as_such(headers: dict[bytes, bytes]) -> None:
    assert refused(headers) == ("MALFORMED_BODY", 400)


def test_a_client_that_goes_away_is_noticed() -> None:
    messages: list[Message] = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return messages.pop(0)

    with pytest.raises(ClientGone):
        asyncio.run(read_json_bytes(JSON, receive, 10))
