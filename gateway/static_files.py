"""Files that are served as they are: read once at the start, with an ETag each (RFC 9110, section 8.8.3)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath

from gateway.exchange import Answer, Endpoint, HttpRequest

# Not the standard library's table, which differs between machines.
_TYPES = {
    ".css": b"text/css; charset=utf-8",
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".json": b"application/json",
    ".map": b"application/json",
    ".png": b"image/png",
    ".svg": b"image/svg+xml",
}
# Names of files stay when their content changes, so a copy is asked about before it is used.
_REVALIDATE = (b"cache-control", b"no-cache")
_NO_SNIFFING = (b"x-content-type-options", b"nosniff")


class StaticFile:
    """Answers a GET with one file: 200, or 304 to who has it already."""

    def __init__(self, name: str, content: bytes, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        """Takes the name whose suffix says the type, and what the answer has besides.

        Raises ValueError for a suffix whose type is not known.
        """
        suffix = PurePosixPath(name).suffix
        if suffix not in _TYPES:
            raise ValueError(f"{name} is of a type that is not served")
        self._etag = b'"%s"' % hashlib.sha256(content).hexdigest()[:32].encode()
        kept = ((b"etag", self._etag), _REVALIDATE, _NO_SNIFFING, *headers)
        self._whole = Answer(200, content, ((b"content-type", _TYPES[suffix]), *kept))
        self._unchanged = Answer(304, headers=kept)

    async def __call__(self, request: HttpRequest) -> Answer:
        """Returns the answer."""
        given = request.headers.get(b"if-none-match", b"")
        known = {tag.strip().removeprefix(b"W/") for tag in given.split(b",")}
        return self._unchanged if known & {self._etag, b"*"} else self._whole


def folder_routes(
    prefix: str, folder: Traversable, headers: Iterable[tuple[bytes, bytes]] = ()
) -> Iterator[tuple[str, str, Endpoint]]:
    """Yields the route of each file that lies directly in the folder: `GET prefix/NAME`.

    Raises ValueError for a file whose type is not known, and OSError for one that cannot be read.
    """
    headers = tuple(headers)
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.is_file():
            yield "GET", f"{prefix}/{file.name}", StaticFile(file.name, file.read_bytes(), headers)
