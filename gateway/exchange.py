"""One HTTP request and its answer, as the endpoints see them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import orjson
from starlette.types import Receive

from gateway.json_value import JsonObject

JSON_TYPE = (b"content-type", b"application/json")


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request whose path was found. Header names are lower case; `path_values` are the values of
    the path's variables in order; `receive` gives the body, once. `client` is the address that the connection
    is from, empty where that is not known."""

    headers: Mapping[bytes, bytes]
    path_values: tuple[str, ...]
    query: bytes
    request_id: str
    receive: Receive
    client: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer. Without a body it has no content at all, as of status 204."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body_parts: AsyncGenerator[bytes, None] | None = None
    """In place of `body` what comes one after the other, for as long as the client stays."""

    def with_header(self, name: bytes, value: bytes) -> Answer:
        """Returns the answer with one more header."""
        return replace(self, headers=(*self.headers, (name, value)))


Endpoint: TypeAlias = Callable[[HttpRequest], Awaitable[Answer]]
"""Answers a request. Raises Problem, or `body.ClientGone`."""


def json_answer(status: int, tree: JsonObject, *headers: tuple[bytes, bytes]) -> Answer:
    """Returns the answer whose body is the object."""
    return Answer(status, orjson.dumps(tree), (JSON_TYPE, *headers))
