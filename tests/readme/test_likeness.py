"""What counts as like what the README shows, and what does not."""

from __future__ import annotations

import pytest

from server.core.json import JsonValue
from tests.readme.likeness import differences, is_like

ID = "session_01a20d04cce47d3b88e46de17922d9bd"
OTHER = "session_01a30d04cce47d3b88e46de17922d9bd"
TIME, LATER = "2026-11-24T10:05:48.132827Z", "2027-01-01T00:00:00.000000Z"


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ({"id": ID, "at": TIME}, {"at": LATER, "id": OTHER}),
        ({"a": 1, "…": "…"}, {"a": 1, "b": 2}),
        ([1, "…"], [1, 2, 3]),
        ("no …, did you mean …?", "no x, did you mean y?"),
        ("…", "any\nlines"),
        (f"there is no {ID}", f"there is no {OTHER}"),
    ],
)
def test_like(shown: JsonValue, printed: JsonValue) -> None:
    assert differences(shown, printed) == []


@pytest.mark.parametrize(
    ("shown", "printed", "where"),
    [
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, ".a[0].b"),
        ({"a": 1}, {"a": 1.0}, ".a"),
        ({"a": 1}, {"a": True}, ".a"),
        ({"a": 1}, {"a": None}, ".a"),
        ({"a": 1}, {"a": 1, "b": 2}, ".b"),
        ({"a": 1, "b": 2}, {"a": 1}, ".b"),
        ([1], [1, 2], ""),
        ([1, 2, "…"], [1], ""),
        ({"id": ID}, {"id": ID.replace("session", "agent")}, ".id"),
        ({"id": "agent_0123456789abcdef0123456789abcdef"}, {"id": "agent_" + 32 * "0"}, ".id"),
        ({"at": TIME}, {"at": "yesterday"}, ".at"),
        ("a…", "b", ""),
    ],
)
def test_unlike(shown: JsonValue, printed: JsonValue, where: str) -> None:
    [difference] = differences(shown, printed)
    assert difference.startswith(f"{where} ")


@pytest.mark.parametrize(
    ("shown", "printed", "like"),
    [
        ("a\nb\n", "a  \r\nb\n", True),
        ("a\n…\nd\n", "a\nb\nc\nd\n", True),
        ("a\n…\nd\n", "a\nd\n", False),
        ("a\n…\n", "a\nb\n", True),
        ("a…d\n", "a bc d\n", True),
        ("a…d\n", "a\nd\n", False),
        (f"at {ID}\n", f"at {OTHER}\n", True),
        ("a\n", "a\nb\n", False),
        ("a.c\n", "abc\n", False),
    ],
)
def test_texts(shown: str, printed: str, like: bool) -> None:
    assert is_like(shown, printed) is like
