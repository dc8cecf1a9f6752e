"""Reads the catalog: the built-in capabilities and those of an operator's directory.

The directory's `*.toml` files are read in the order of their names; names that begin with a dot are passed
over. An entry whose id a built-in has replaces the built-in whole. A file is UTF-8 TOML and describes one
capability:

    id = "weather"                        # required; a-z 0-9 _ . : - , at most 100 characters
    name = "Weather"                      # required; for people
    description = "Looks up the weather." # required; what it is for, in a sentence or two
    status = "available"                  # or deprecated, or coming_soon; default available
    icon = "cloud"                        # default none
    category = "Information"              # a heading to list it under; default none
    dependencies = ["web_fetch"]          # ids of capabilities that it brings along; default none
    features = ["forecast"]               # what a user interface may show; default none
    conflicts_with = ["test_weather"]     # ids of capabilities that exclude it; default none
    system_prompt = "Say the time with a forecast."  # for the model; default none

    [default_config]                      # the config where no layer says otherwise; default empty
    units = "metric"

    [config_schema]                       # JSON Schema 2020-12 of its config; default: no keys
    type = "object"
    additionalProperties = false
    [config_schema.properties.units]
    enum = ["metric", "imperial"]

    [[tools]]                             # functions for the model; default none
    name = "get_weather"                  # required; a-z A-Z 0-9 _ - , at most 64 characters
    description = "The weather now."      # required; for the model
    [tools.parameters]                    # JSON Schema 2020-12 of the arguments; default: none are taken
    type = "object"
    required = ["place"]
    additionalProperties = false
    [tools.parameters.properties.place]
    type = "string"

There are no other keys. Values are those of JSON: no dates or times, no `inf` or `nan`, no integer beyond
2^53 (TOML has no null), and at most 30 levels. What must hold beyond that, `Catalog.of` says.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from server.catalog.file import CatalogFileError, read_text
from server.catalog.parse import parse
from server.catalog.position import line_of
from server.catalog.toml_text import TomlTextError
from server.core.catalog import Capability, Catalog, CatalogError

_BUILT_IN = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class _Entry:
    path: Path
    text: str
    capability: Capability


def load_catalog(directory: Path | None) -> Catalog:
    """The built-in capabilities, and over them those of a directory; None: the built-in ones alone.

    Everything is read now: the catalog does no I/O. Raises CatalogFileError for the first file that cannot
    be read, is not as the format wants it, or does not fit with the others.
    """
    entries = _read_directory(_BUILT_IN)
    if directory is not None:
        entries |= _read_directory(directory)
    try:
        return Catalog.of(entry.capability for entry in entries.values())
    except CatalogError as error:
        entry = entries[error.capability]
        reason = f"{error.key}: {error.reason}"
        raise CatalogFileError(entry.path, line_of(entry.text, error.path), reason) from error


def _read_directory(directory: Path) -> dict[str, _Entry]:
    try:
        paths = sorted(path for path in directory.iterdir() if path.match("[!.]*.toml"))
    except OSError as error:
        raise CatalogFileError(directory, None, f"cannot be listed: {error.strerror}") from error
    entries: dict[str, _Entry] = {}
    for path in paths:
        entry = _read_file(path)
        id = entry.capability.id
        if id in entries:
            reason = f"id: {id} is taken by {entries[id].path.name}"
            raise CatalogFileError(path, line_of(entry.text, ("id",)), reason)
        entries[id] = entry
    return entries


def _read_file(path: Path) -> _Entry:
    text = read_text(path)
    try:
        return _Entry(path, text, parse(text))
    except TomlTextError as error:
        raise CatalogFileError(path, error.line, error.reason) from error
