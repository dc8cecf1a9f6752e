"""`GET /console`: the page on which people look at agents and sessions, and put sessions together.

The page is files alone (`gateway/static/console`). What it shows it asks of the REST API, with a key that
its reader enters.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

from gateway.exchange import Answer, Endpoint, HttpRequest
from gateway.static_files import StaticFile, folder_routes

PATH = "/console"

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        # Text can never become markup: assigning to innerHTML and its like raises.
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
)


def routes() -> Iterator[tuple[str, str, Endpoint]]:
    """Yields method, path and endpoint of the page and of each file that it is made of.

    Raises OSError when the files are not where the package has them.
    """
    folder = files("gateway") / "static" / "console"
    page = folder / "index.html"
    yield "GET", PATH, StaticFile(page.name, page.read_bytes(), _HEADERS)
    yield "GET", f"{PATH}/", _to_page
    yield from folder_routes(PATH, folder, _HEADERS)


async def _to_page(_: HttpRequest) -> Answer:
    return Answer(308, headers=((b"location", b"../console"), (b"content-length", b"0")))
