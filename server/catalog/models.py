"""Reads the operator's table of models, a TOML file in UTF-8:

    [[models]]
    id = "gpt-4o"                   # required; letters, digits and . _ : / @ - , at most 128 characters
    name = "GPT-4o"                 # required; for people
    provider = "openai"             # required; who serves it
    description = "Good at most."   # default none
    aliases = ["gpt-4o-latest"]     # other names that are accepted for it; default none
    status = "available"            # or deprecated; default available

There are no other keys, and no name is there twice, be it an id or an alias.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

from server.catalog.file import CatalogFileError, read_text
from server.catalog.position import line_of
from server.catalog.toml_text import TomlTextError, error_at, json_document
from server.core.json import JsonObject
from server.core.model import ANY_MODEL, Model, ModelStatus, ModelTable, ModelTableError
from server.core.schema import Schema, dotted

_TEXT: JsonObject = {"type": "string", "minLength": 1}
_MODEL: JsonObject = {
    "type": "object",
    "properties": {
        "id": _TEXT,
        "name": _TEXT,
        "provider": _TEXT,
        "description": _TEXT,
        "aliases": {"type": "array", "items": _TEXT},
        "status": {"enum": [str(status) for status in ModelStatus]},
    },
    "required": ["id", "name", "provider"],
    "additionalProperties": False,
}
_FORMAT = Schema(
    {
        "type": "object",
        "properties": {"models": {"type": "array", "items": _MODEL}},
        "additionalProperties": False,
    }
)


def load_models(path: Path | None) -> ModelTable:
    """The table of a file; None: the empty one.

    Everything is read now: the table does no I/O. Raises CatalogFileError for the first thing that is wrong.
    """
    if path is None:
        return ANY_MODEL
    text = read_text(path)
    try:
        models = _parse(text)
    except TomlTextError as error:
        raise CatalogFileError(path, error.line, error.reason) from error
    try:
        return ModelTable(models, path.stat().st_mtime_ns // 1000)
    except ModelTableError as error:
        where = ("models", error.place, *error.path)
        raise CatalogFileError(path, line_of(text, where), f"{dotted(where)}: {error.reason}") from error


def _parse(text: str) -> list[Model]:
    document = json_document(text)
    for problem in _FORMAT.problems(document):
        raise error_at(text, problem.path, problem.message)
    return [_model(table) for table in cast("list[JsonObject]", document.get("models", []))]


def _model(table: JsonObject) -> Model:
    # The format has vouched for the types.
    return Model(
        id=cast(str, table["id"]),
        name=cast(str, table["name"]),
        provider=cast(str, table["provider"]),
        description=cast("str | None", table.get("description")),
        aliases=tuple(cast("list[str]", table.get("aliases", []))),
        status=ModelStatus(cast(str, table.get("status", ModelStatus.AVAILABLE))),
    )
