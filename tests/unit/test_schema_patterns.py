"""Patterns of a schema run in time linear in the text; one that backtracks would take for ever here, and the
test would hang."""

from __future__ import annotations

import pytest

from server.core.schema import Schema, SchemaError

LONG = 60_000
"""A config has 64 KiB at most."""

EVIL = [
    r"^(a+)+$",
    r"^(a|a)*$",
    r"^(a|aa)+$",
    r"^([a-zA-Z]+)*$",
    r"^(.*a){20}$",
    r"^(a?){50}a{50}$",
    r"^((a+)+)+b$",
    r"^(\w+\s?)*$",
    r"(x+x+)+y",
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
]


@pytest.mark.parametrize("pattern", EVIL)
@pytest.mark.parametrize(
    "text", ["a" * LONG + "!", "x" * LONG + "!", "a " * (LONG // 2) + "!"], ids=["a", "x", "words"]
)
def test_a_pattern_does_not_run_away(pattern: str, text: str) -> None:
    schema = Schema({"type": "object", "properties": {"k": {"type": "string", "pattern": pattern}}})
    [problem] = schema.problems({"k": text})
    assert problem.path == ("k",)
    assert problem.message.startswith("must match ")


def test_a_pattern_of_keys_does_not_run_away() -> None:
    schema = Schema({"type": "object", "patternProperties": {r"^(a+)+$": {"type": "integer"}}})
    assert schema.problems({"a" * LONG + "!": "x"}) == []
    assert len(schema.problems({"a" * 100: "x"})) == 1


@pytest.mark.parametrize("pattern", [r"(?=a)a", r"(a)\1", r"(((a{100}){100}){100}){100}"])
def test_a_pattern_that_would_need_more_is_refused_when_the_catalog_is_loaded(pattern: str) -> None:
    with pytest.raises(SchemaError):
        Schema({"type": "object", "properties": {"k": {"type": "string", "pattern": pattern}}})
