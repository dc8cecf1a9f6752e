from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from starlette.types import Message

from gateway.exchange import Answer, HttpRequest
from gateway.static_files import StaticFile, folder_routes


async def _no_body() -> Message:
    raise AssertionError("the body of a GET is not read")


def get(file: StaticFile, if_none_match: bytes | None = None) -> Answer:
    headers = {} if if_none_match is None else {b"if-none-match": if_none_match}
    return asyncio.run(file(HttpRequest(headers, (), b"", "r", _no_body)))


def test_a_file_is_answered_whole_with_its_type() -> None:
    answer = get(StaticFile("a.js", b"export {};", [(b"x-more", b"1")]))
    headers = dict(answer.headers)
    assert (answer.status, answer.body) == (200, b"export {};")
    assert headers[b"content-type"] == b"text/javascript; charset=utf-8"
    assert headers[b"cache-control"] == b"no-cache"
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert headers[b"x-more"] == b"1"


def test_who_has_the_file_gets_no_body() -> None:
    file = StaticFile("a.css", b"a {}", [(b"x-more", b"1")])
    etag = dict(get(file).headers)[b"etag"]
    for known in (etag, b"W/" + etag, b'"x", ' + etag, b"*"):
        answer = get(file, known)
        headers = dict(answer.headers)
        assert (answer.status, answer.body) == (304, b"")
        assert (headers[b"etag"], headers[b"x-more"]) == (etag, b"1")
        assert b"content-type" not in headers
    for other in (b"", b'"x"', etag.strip(b'"')):
        assert get(file, other).status == 200


def test_the_etag_is_that_of_the_content() -> None:
    etags = [dict(get(StaticFile(n, c)).headers)[b"etag"] for n, c in (("a.js", b"1"), ("b.css", b"1"))]
    assert etags[0] == etags[1] != dict(get(StaticFile("a.js", b"2")).headers)[b"etag"]


def test_the_files_of_a_folder_are_routes(tmp_path: Path) -> None:
    (tmp_path / "b.js").write_bytes(b"b")
    (tmp_path / "a.html").write_bytes(b"a")
    (tmp_path / "below").mkdir()
    assert [route[:2] for route in folder_routes("/p", tmp_path)] == [
        ("GET", "/p/a.html"),
        ("GET", "/p/b.js"),
    ]


def test_a_file_of_an_unknown_type_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.exe").write_bytes(b"a")
    with pytest.raises(ValueError, match=r"^a\.exe is of a type that is not served$"):
        list(folder_routes("/p", tmp_path))
