"""`GET /docs`: the API reference, where calls can be tried; and `GET /openapi.json`, what it shows.

The page is Swagger UI, whose files come out of the installed package `swagger_ui`. Nothing of that package is
run, and nothing is fetched from anywhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

import orjson

from gateway.exchange import Answer, Endpoint, HttpRequest
from gateway.openapi.document import document
from gateway.routes import Binding
from gateway.static_files import StaticFile

DOCUMENT_PATH = "/openapi.json"
PATH = "/docs"

_OF_SWAGGER_UI = ("favicon-32x32.png", "swagger-ui-bundle.js", "swagger-ui.css")
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        # The stylesheet has its icons within it.
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
)


def routes(bindings: Sequence[Binding]) -> Iterator[tuple[str, str, Endpoint]]:
    """Yields method, path and endpoint of the document, the page, and each file that it is made of.

    Raises TypeError or ValueError for a form of an RPC that the document cannot describe, and OSError when
    a file is not where its package has it.
    """
    yield "GET", DOCUMENT_PATH, StaticFile("openapi.json", orjson.dumps(document(bindings)))
    ours = resources.files("gateway") / "static" / "docs"
    yield "GET", PATH, StaticFile("index.html", (ours / "index.html").read_bytes(), _HEADERS)
    yield "GET", f"{PATH}/", _to_page
    yield (
        "GET",
        f"{PATH}/initializer.js",
        StaticFile("initializer.js", (ours / "initializer.js").read_bytes()),
    )
    theirs = _swagger_ui()
    for name in _OF_SWAGGER_UI:
        yield "GET", f"{PATH}/{name}", StaticFile(name, (theirs / name).read_bytes())


def _swagger_ui() -> Path:
    # Found and not imported: the package's code is for other frameworks.
    spec = find_spec("swagger_ui")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("the package swagger-ui-py is not installed")
    return Path(spec.submodule_search_locations[0]) / "static"


async def _to_page(_: HttpRequest) -> Answer:
    return Answer(308, headers=((b"location", b"../docs"), (b"content-length", b"0")))
