"""From the text of a capability's file to the capability; `load` describes the format."""

from __future__ import annotations

from typing import cast

from server.catalog.toml_text import error_at, json_document
from server.core.catalog import Capability, CapabilityStatus, Tool
from server.core.json import JsonObject
from server.core.schema import Schema

_NO_KEYS: JsonObject = {"type": "object", "properties": {}, "additionalProperties": False}

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


def parse(text: str) -> Capability:
    """The capability that a text describes.

    Raises TomlTextError for the first thing that is wrong with it as a text; whether the capability
    holds by itself and among others, `Catalog.of` says.
    """
    document = json_document(text)
    for problem in _FORMAT.problems(document):
        raise error_at(text, problem.path, problem.message)
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
