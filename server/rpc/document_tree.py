"""YAML and JSON as a tree, of which what is read depends on the field that takes it.

YAML is read as its core schema has it (YAML 1.2.2, section 10.3), from the parser's events, so that no
tag can make an object, no alias a bomb, and no nesting an exhausted stack.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import NoReturn, TypeAlias

import yaml

from server.core.errors import Reason, ServiceError
from server.core.json import JsonScalar

MOST_LEVELS = 64
"""The most levels of objects and lists."""

MOST_VALUES = 100_000
"""The most values and keys of a YAML text: each costs the parser far more than its bytes."""

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {text: text.lower() == "true" for text in ("true", "True", "TRUE", "false", "False", "FALSE")}
_INTEGER = re.compile(r"[-+]?[0-9]{1,20}")
_OCTAL = re.compile(r"0o[0-7]{1,20}")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]{1,20}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"([-+]?\.(inf|Inf|INF))|\.(nan|NaN|NAN)")

_Loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


@dataclass(frozen=True, slots=True)
class Plain:
    """A scalar of YAML that stands without quotes: a text, or what the core schema takes it for."""

    text: str

    def value(self) -> JsonScalar:
        """What the core schema takes it for; a number that is not finite or too large as a float."""
        text = self.text
        if text in _NULL:
            return None
        if text in _BOOL:
            return _BOOL[text]
        if _INTEGER.fullmatch(text):
            return int(text)
        if _OCTAL.fullmatch(text):
            return int(text[2:], 8)
        if _HEXADECIMAL.fullmatch(text):
            return int(text[2:], 16)
        if _FLOAT.fullmatch(text):
            return float(text)
        if _NOT_FINITE.fullmatch(text):
            return float(text.replace(".", "").lower())
        return text


Tree: TypeAlias = "Plain | JsonScalar | list[Tree] | dict[str, Tree]"


def unreadable(text: str, line: int | None = None) -> ServiceError:
    """The error of a document that cannot be read, at a line of it, from 1 on."""
    where = "" if line is None else f"line {line}: "
    return ServiceError(Reason.INVALID_DOCUMENT, f"{where}{text}")


def read_json(text: str) -> Tree:
    """The value of a JSON text. Raises INVALID_DOCUMENT."""
    try:
        tree: Tree = json.loads(text, object_pairs_hook=_object, parse_int=_integer)
    except json.JSONDecodeError as error:
        raise unreadable(f"is not JSON: {error.msg}", error.lineno) from None
    except RecursionError:
        raise unreadable("is nested too deeply") from None
    return tree


def read_yaml(text: str, first_line: int = 1) -> Tree:
    """The value of a YAML text of one document, whose first line is this one of the whole; None of none.

    Raises INVALID_DOCUMENT, for tags, aliases, and keys that are there twice or are no scalars, too.
    """
    reading = _Reading(first_line)
    try:
        for event in yaml.parse(text, Loader=_Loader):
            reading.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else first_line + mark.line
        raise unreadable(f"is not YAML: {error.problem or error.context}", line) from None
    except yaml.reader.ReaderError as error:
        raise unreadable(f"is not YAML: {error.reason}") from None
    return reading.root


@dataclass(slots=True)
class _Level:
    """A list or an object that is not at its end, and the key that waits for its value."""

    content: list[Tree] | dict[str, Tree]
    key: str | None = None


@dataclass(slots=True)
class _Reading:
    first_line: int
    root: Tree = None
    levels: list[_Level] = field(default_factory=list)
    documents: int = 0
    values: int = 0

    def take(self, event: yaml.Event) -> None:
        match event:
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    self._refuse(event, "only one document may be there")
            case yaml.AliasEvent():
                self._refuse(event, f"the alias *{event.anchor} is not taken: write out what it stands for")
            case yaml.ScalarEvent():
                self._refuse_tag(event, event.tag)
                plain = event.style is None or event.style == ""
                self._put(event, Plain(event.value) if plain else event.value)
            case yaml.SequenceStartEvent():
                self._refuse_tag(event, event.tag)
                self._open(event, [])
            case yaml.MappingStartEvent():
                self._refuse_tag(event, event.tag)
                self._open(event, {})
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self.levels.pop()

    def _open(self, event: yaml.Event, content: list[Tree] | dict[str, Tree]) -> None:
        self._put(event, content)
        self.levels.append(_Level(content))
        if len(self.levels) > MOST_LEVELS:
            self._refuse(event, f"is nested deeper than {MOST_LEVELS} levels")

    def _put(self, event: yaml.Event, value: Tree) -> None:
        self.values += 1
        if self.values > MOST_VALUES:
            self._refuse(event, f"has more than {MOST_VALUES} values")
        if not self.levels:
            self.root = value
            return
        level = self.levels[-1]
        if isinstance(level.content, list):
            level.content.append(value)
        elif level.key is not None:
            level.content[level.key], level.key = value, None
        elif not isinstance(value, Plain | str):
            self._refuse(event, "a key must be a text")
        else:
            key = value.text if isinstance(value, Plain) else value
            if key in level.content:
                self._refuse(event, f"the key {shown(key)} is there twice")
            level.key = key

    def _refuse_tag(self, event: yaml.Event, tag: str | None) -> None:
        if tag is not None:
            self._refuse(event, f"the tag {shown(tag)} is not taken")

    def _refuse(self, event: yaml.Event, text: str) -> NoReturn:
        mark = event.start_mark
        raise unreadable(text, None if mark is None else self.first_line + mark.line)


def shown(key: str) -> str:
    """A key as errors show it: on one line, and not longer than people read."""
    key = key if len(key) <= 64 else key[:63] + "…"
    return key if key.isprintable() else json.dumps(key)


def _object(pairs: list[tuple[str, Tree]]) -> dict[str, Tree]:
    content: dict[str, Tree] = {}
    for key, value in pairs:
        if key in content:
            raise unreadable(f"the key {shown(key)} is there twice")
        content[key] = value
    return content


def _integer(digits: str) -> int | float:
    # Longer ones are beyond any field, and cost more than linear time to read.
    return int(digits) if len(digits) <= 20 else float(digits)
