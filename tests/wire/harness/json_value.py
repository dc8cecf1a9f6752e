"""JSON as Python has it, and how tests compare it."""

from __future__ import annotations

from collections.abc import Mapping
from string import Template
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = dict[str, Json]


class _Reference(Template):
    idpattern = r"[a-z_][a-z0-9_]*(\.[a-z0-9_]+)*"


def mismatches(expected: Json, actual: Json, path: str = "") -> list[str]:
    """Where the actual value is not what was expected, as lines for people; [] when it is.

    An object may have more keys than expected, a list no more elements. 1, 1.0 and true are three values.
    """
    if isinstance(expected, dict) and isinstance(actual, dict):
        lines = []
        for key, value in expected.items():
            where = f"{path}.{key}"
            lines += mismatches(value, actual[key], where) if key in actual else [f"{where} is not there"]
        return lines
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        pairs = enumerate(zip(expected, actual, strict=True))
        return [line for index, (e, a) in pairs for line in mismatches(e, a, f"{path}[{index}]")]
    if type(expected) is type(actual) and expected == actual:
        return []
    return [f"{path} is {actual!r}, not {expected!r}"]


def at(value: Json, path: str) -> Json:
    """The value at a path of keys and indexes between dots, `data.0.id`. Raises KeyError or IndexError."""
    for step in path.split("."):
        if isinstance(value, dict):
            value = value[step]
        elif isinstance(value, list):
            value = value[int(step)]
        else:
            raise KeyError(step)
    return value


def filled(value: Json, names: Mapping[str, Json]) -> Json:
    """The value with every `$name.path` in its texts replaced by what that name stands for."""
    if isinstance(value, str):
        return fill(value, names) if "$" in value else value
    if isinstance(value, list):
        return [filled(item, names) for item in value]
    if isinstance(value, dict):
        return {key: filled(item, names) for key, item in value.items()}
    return value


def fill(text: str, names: Mapping[str, Json]) -> str:
    """The text with every `$name.path` in it replaced. Raises KeyError for a name that there is not."""
    return _Reference(text).substitute(_Lookup(names))


class _Lookup(dict[str, object]):
    def __init__(self, names: Mapping[str, Json]) -> None:
        super().__init__()
        self._names = names

    def __missing__(self, reference: str) -> object:
        name, _, path = reference.partition(".")
        value = self._names[name]
        return at(value, path) if path else value
