"""Where in a TOML text something is set. `tomllib` says what a text holds, not where."""

from __future__ import annotations

import tomllib
from bisect import bisect_left
from collections.abc import Sequence


def line_of(text: str, path: Sequence[str | int]) -> int:
    """The line, from 1 on, of the statement that first sets a path in a valid TOML text.

    A path that the text does not set gives the line of the nearest table or list around it that it does set;
    the text as a whole is at 1.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    document = tomllib.loads(text)
    found = list(path)
    while found and not _has(document, found):
        found.pop()
    if not found:
        return 1
    ends = _statement_ends(lines)
    first = bisect_left(ends, True, key=lambda end: _has(tomllib.loads("\n".join(lines[:end])), found))
    return ends[first - 1] + 1 if first else 1


def _statement_ends(lines: Sequence[str]) -> list[int]:
    """How many lines there are up to the end of each statement, comment or blank line.

    A statement is as many lines as it takes to parse: one that goes on, such as a list over several lines,
    does not parse before its end.
    """
    ends: list[int] = []
    start = 0
    for end in range(1, len(lines) + 1):
        try:
            tomllib.loads("\n".join(lines[start:end]))
        except tomllib.TOMLDecodeError:
            continue
        ends.append(end)
        start = end
    return ends


def _has(value: object, path: Sequence[str | int]) -> bool:
    for step in path:
        match value:
            case dict() if step in value:
                value = value[step]
            case list() if isinstance(step, int) and step < len(value):
                value = value[step]
            case _:
                return False
    return True
