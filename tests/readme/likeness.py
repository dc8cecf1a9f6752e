"""Whether what was printed is like what a page shows.

Ids that were made at random (UUIDv7) and times are alike when their form is. `…` stands for anything:
within a line or a string, as the last element of a list or as a key of an object for what more there is,
and as a line of its own for one line or more.
"""

from __future__ import annotations

import re

from server.core.json import JsonValue

_ID = re.compile(r"\b([a-z]+_)[0-9a-f]{12}7[0-9a-f]{19}\b")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_REST = "…"


def differences(shown: JsonValue, printed: JsonValue, path: str = "") -> list[str]:
    """Where two JSON values are not alike, a line for each place."""
    match shown, printed:
        case dict(), dict():
            keys = shown.keys() - {_REST}
            missing = [f"{path}.{key} is not there" for key in sorted(keys - printed.keys())]
            more = [] if _REST in shown else sorted(printed.keys() - keys)
            return [
                *missing,
                *(f"{path}.{key} is not shown" for key in more),
                *(
                    line
                    for key in shown
                    if key in keys and key in printed
                    for line in differences(shown[key], printed[key], f"{path}.{key}")
                ),
            ]
        case list(), list():
            open_end = bool(shown) and shown[-1] == _REST
            expected = shown[:-1] if open_end else shown
            if len(printed) < len(expected) or (len(printed) > len(expected) and not open_end):
                return [f"{path} has {len(printed)} elements, not {len(expected)}"]
            pairs = zip(expected, printed, strict=False)
            return [
                line
                for index, (one, other) in enumerate(pairs)
                for line in differences(one, other, f"{path}[{index}]")
            ]
        case str(), str() if re.fullmatch(_pattern(shown, ".*"), printed, re.DOTALL):
            return []
        case _ if type(shown) is type(printed) and shown == printed:
            return []
        case _:
            return [f"{path} is {printed!r}, not {shown!r}"]


def is_like(shown: str, printed: str) -> bool:
    """Whether two texts are alike, line by line; white space at the ends of lines does not count."""
    lines = [line.rstrip() for line in shown.splitlines()]
    pattern = "".join(
        r"(?:[^\n]*\n)+?" if line == _REST else _pattern(line, r"[^\n]*") + r"\n" for line in lines
    )
    text = "".join(f"{line.rstrip()}\n" for line in printed.splitlines())
    return re.fullmatch(pattern, text) is not None


def _pattern(shown: str, anything: str) -> str:
    """The regular expression of the texts that are like this one."""
    kinds = re.compile(f"{_ID.pattern}|{_TIME.pattern}|{_REST}")
    pattern, end = "", 0
    for found in kinds.finditer(shown):
        pattern += re.escape(shown[end : found.start()])
        if found[0] == _REST:
            pattern += anything
        else:
            pattern += rf"\b{found[1]}[0-9a-f]{{12}}7[0-9a-f]{{19}}\b" if found[1] else _TIME.pattern
        end = found.end()
    return pattern + re.escape(shown[end:])
