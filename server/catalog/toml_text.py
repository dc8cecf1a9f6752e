"""From a TOML text to values that JSON has, and what is wrong with the text, by line."""

from __future__ import annotations

import math
import re
import tomllib

from server.catalog.position import line_of
from server.core.json import MAX_SAFE_INTEGER, JsonObject, JsonValue
from server.core.schema import dotted

# Protobuf's own limit on nesting keeps clients from reading a schema of more than 32 levels.
_MOST_LEVELS = 30
_SYNTAX_POSITION = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


class TomlTextError(Exception):
    """A text that is not what it should be: `line`, from 1 on, and `reason`."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(line, reason)
        self.line = line
        self.reason = reason


def json_document(text: str) -> JsonObject:
    """The values of a TOML text, all of which JSON has. Raises TomlTextError."""
    try:
        document: dict[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(text, str(error)) from error
    except RecursionError as error:
        raise TomlTextError(1, "is nested too deeply") from error
    except ValueError as error:
        raise TomlTextError(1, f"is not valid TOML: {error}") from error
    try:
        return {key: _json(value, (key,)) for key, value in document.items()}
    except _NotJsonError as error:
        raise error_at(text, error.path, error.reason) from error


def error_at(text: str, path: tuple[str | int, ...], reason: str) -> TomlTextError:
    """The error of what a text sets at a path."""
    return TomlTextError(line_of(text, path), f"{dotted(path)}: {reason}")


def _syntax_error(text: str, message: str) -> TomlTextError:
    position = _SYNTAX_POSITION.search(message)
    line = position[1] if position else None
    reason = _SYNTAX_POSITION.sub("", message)
    return TomlTextError(int(line) if line else text.count("\n") + 1, f"is not valid TOML: {reason}")


class _NotJsonError(Exception):
    def __init__(self, path: tuple[str | int, ...], reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason


def _json(value: object, path: tuple[str | int, ...]) -> JsonValue:
    if len(path) > _MOST_LEVELS:
        raise _NotJsonError(path, f"is more than {_MOST_LEVELS} levels deep")
    match value:
        case dict():
            return {key: _json(item, (*path, key)) for key, item in value.items()}
        case list():
            return [_json(item, (*path, place)) for place, item in enumerate(value)]
        case bool() | str():
            return value
        case int() if abs(value) <= MAX_SAFE_INTEGER:
            return value
        case int():
            raise _NotJsonError(path, "is an integer beyond 2^53, which JSON does not carry safely")
        case float() if math.isfinite(value):
            return value
        case float():
            raise _NotJsonError(path, "is not a finite number")
        case _:
            raise _NotJsonError(path, "is a date or time, which JSON does not have: write it as a string")
