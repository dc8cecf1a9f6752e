"""Finding the line at which a TOML text sets something."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import server.catalog
from server.catalog.position import line_of

TEXT = '''\
# id = "comment"
id = "a"

prompt = """
id = "within"
[table]
"""
list = [
  1, # one

  2,
]
dotted.inner.key = 1
inline = { a = 1, b = { c = 2 } }

[table]
key = 1

  [table.sub]
  "quoted key" = 1
[[rows]]
name = 1
[rows.more]
name = 2
[[rows]]
name = 3
[implied.by.header]
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 1),
        (("id",), 2),
        (("prompt",), 4),
        (("list",), 8),
        (("list", 1), 8),
        (("list", 7), 8),
        (("dotted",), 13),
        (("dotted", "inner", "key"), 13),
        (("inline", "b", "c"), 14),
        (("inline", "b", "missing"), 14),
        (("table",), 16),
        (("table", "key"), 17),
        (("table", "missing", "deeper"), 16),
        (("table", "key", "deeper"), 17),
        (("table", "sub"), 19),
        (("table", "sub", "quoted key"), 20),
        (("rows",), 21),
        (("rows", 0, "name"), 22),
        (("rows", 0, "more"), 23),
        (("rows", 0, "more", "name"), 24),
        (("rows", 1), 25),
        (("rows", 1, "name"), 26),
        (("rows", 2), 21),
        (("rows", "name"), 21),
        (("implied", "by"), 27),
        (("missing",), 1),
        ((3,), 1),
    ],
)
def test_line_of(path: tuple[str | int, ...], line: int) -> None:
    assert line_of(TEXT, path) == line
    assert line_of(TEXT.replace("\n", "\r\n"), path) == line


def test_every_key_of_a_real_file_is_on_the_line_found() -> None:
    text = Path(server.catalog.__file__).with_name("session_storage.toml").read_text(encoding="utf-8")
    lines = text.split("\n")
    paths = list(_paths(tomllib.loads(text), ()))
    assert len(paths) > 40
    for path in paths:
        keys = [step for step in path if isinstance(step, str)]
        assert keys[-1] in lines[line_of(text, path) - 1]


def _paths(value: object, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key)
            yield from _paths(item, (*path, key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _paths(item, (*path, place))
