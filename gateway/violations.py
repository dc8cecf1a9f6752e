"""What is wrong with the fields of a request, all of it at once."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from everruns.v1.error_reason_pb2 import ErrorReason

Path: TypeAlias = "tuple[Path, str | int] | None"
"""A place in a body: the place of what holds it, and the key or index there. None is the body itself.
Linked, so that a place costs little while nothing is wrong."""

MAX_VIOLATIONS = 100
"""The most that one answer lists; without a bound a body of bad keys makes an answer larger than itself."""

_MAX_KEY_LENGTH = 64
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong: the field's path, what is wrong for people, the name of an `ErrorReason`."""

    field: str
    description: str
    reason: str


class Violations:
    """Collects violations in the order in which they are found, at most `MAX_VIOLATIONS`."""

    def __init__(self) -> None:
        self._found: list[Violation] = []

    def __iter__(self) -> Iterator[Violation]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    @property
    def full(self) -> bool:
        """Whether one more would be dropped."""
        return len(self._found) >= MAX_VIOLATIONS

    def add(self, path: Path, reason: ErrorReason, description: str) -> None:
        """Adds one, unless there are too many already."""
        if not self.full:
            self._found.append(Violation(spell(path), description, ErrorReason.Name(reason)))


def spell(path: Path) -> str:
    """Returns the path as errors show it, `capabilities[2].config.timeout_ms`; the body itself is "".

    A key that would not be clear there is quoted as JSON, `config["a.b"]`, and a long one is cut.
    """
    parts: list[str] = []
    while path is not None:
        path, step = path
        parts.append(_spell_step(step, first=path is None))
    return "".join(reversed(parts))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Returns the known name that is most like this one, or None when none is like it."""
    matches = difflib.get_close_matches(name[:_MAX_KEY_LENGTH], known, n=1)
    return matches[0] if matches else None


def _spell_step(step: str | int, *, first: bool) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    key = step if len(step) <= _MAX_KEY_LENGTH else step[:_MAX_KEY_LENGTH] + "…"
    if _PLAIN_KEY.fullmatch(step):
        return key if first else f".{key}"
    return f"[{json.dumps(key, ensure_ascii=not key.isprintable())}]"
