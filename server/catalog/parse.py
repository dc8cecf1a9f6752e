"""From the text of a capability's file to the capability; `load` describes the format."""

from __future__ import annotations

import math
import re
import tomllib
from typing import cast

from server.catalog.position import line_of
from server.core.catalog import Capability, CapabilityStatus, Tool
from server.core.json import MAX_SAFE_INTEGER, JsonObject, JsonValue
from server.core.schema import Schema, dotted

# Protobuf's own limit on nesting keeps clients from reading a schema of more than 32 levels.
_MOST_LEVELS = 30
_NO_KEYS: JsonObject = {"type": "object", "properties": {}, "additionalProperties": False}
_SYNTAX_POSITION = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")

_TEXT: JsonObject = {"type": "string", "minLength": 1}
_TEXTS: JsonObject = {"type": "array", "items": _TEXT}
_OBJECT: JsonObject = {"type": "object"}
_TOOL: JsonObject = {
    "type": "object",
    "properties": {"name": _TEXT, "description": _TEXT, "parameters": _OBJECT},
    "required": ["name", "description"],
    "additionalProperties": False,
}
_FORMAT = Schema(
    {
        "type": "object",
        "properties": {
            "id": _TEXT,
            "name": _TEXT,
            "description": _TEXT,
            "status": {"enum": [str(status) for status in CapabilityStatus]},
            "icon": _TEXT,
            "category": _TEXT,
            "dependencies": _TEXTS,
            "features": {**_TEXTS, "uniqueItems": True},
            "conflicts_with": _TEXTS,
            "system_prompt": _TEXT,
            "tools": {"type": "array", "items": _TOOL},
            "config_schema": _OBJECT,
            "default_config": _OBJECT,
        },
        "required": ["id", "name", "description"],
        "additionalProperties": False,
    }
)


class CapabilityTextError(Exception):
    """A text that is not that of a capability: `line`, from 1 on, and `reason`."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(line, reason)
        self.line = line
        self.reason = reason


def parse(text: str) -> Capability:
    """The capability that a text describes.

    Raises CapabilityTextError for the first thing that is wrong with it as a text; whether the capability
    holds by itself and among others, `Catalog.of` says.
    """
    document = _document(text)
    for problem in _FORMAT.problems(document):
        raise _error_at(text, problem.path, problem.message)
    # The format has vouched for the types.
    return Capability(
        id=cast(str, document["id"]),
        name=cast(str, document["name"]),
        description=cast(str, document["description"]),
        status=CapabilityStatus(cast(str, document.get("status", CapabilityStatus.AVAILABLE))),
        icon=cast("str | None", document.get("icon")),
        category=cast("str | None", document.get("category")),
        dependencies=_texts(document, "dependencies"),
        features=_texts(document, "features"),
        conflicts_with=_texts(document, "conflicts_with"),
        system_prompt=cast("str | None", document.get("system_prompt")),
        tools=tuple(_tool(table) for table in cast("list[JsonObject]", document.get("tools", []))),
        config_schema=cast(JsonObject, document.get("config_schema", _NO_KEYS)),
        default_config=cast(JsonObject, document.get("default_config", {})),
    )


def _texts(document: JsonObject, key: str) -> tuple[str, ...]:
    return tuple(cast("list[str]", document.get(key, [])))


def _tool(table: JsonObject) -> Tool:
    return Tool(
        name=cast(str, table["name"]),
        description=cast(str, table["description"]),
        parameters=cast(JsonObject, table.get("parameters", _NO_KEYS)),
    )


def _document(text: str) -> JsonObject:
    try:
        document: dict[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(text, str(error)) from error
    except RecursionError as error:
        raise CapabilityTextError(1, "is nested too deeply") from error
    except ValueError as error:
        raise CapabilityTextError(1, f"is not valid TOML: {error}") from error
    try:
        return {key: _json(value, (key,)) for key, value in document.items()}
    except _NotJsonError as error:
        raise _error_at(text, error.path, error.reason) from error


def _error_at(text: str, path: tuple[str | int, ...], reason: str) -> CapabilityTextError:
    return CapabilityTextError(line_of(text, path), f"{dotted(path)}: {reason}")


def _syntax_error(text: str, message: str) -> CapabilityTextError:
    position = _SYNTAX_POSITION.search(message)
    line = position[1] if position else None
    reason = _SYNTAX_POSITION.sub("", message)
    return CapabilityTextError(int(line) if line else text.count("\n") + 1, f"is not valid TOML: {reason}")


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
