"""A layer: the list of capabilities that an agent or a session names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

import orjson

from server.core.json import JsonObject

_REMEMBERED_TEXT = 4096


class Mode(StrEnum):
    """What an entry does with its capability: brings it in, or takes out what a layer below brings."""

    INCLUDE = "include"
    EXCLUDE = "exclude"


@dataclass(frozen=True, slots=True)
class CapabilityConfig:
    """An entry of a layer: a capability's id, and overrides of its config as a JSON Merge Patch.

    `locked` are JSON Pointers (RFC 6901) to what no layer above may touch. Nothing may change `config`
    once it is here: entries are shared.
    """

    ref: str
    config: JsonObject | None = None
    mode: Mode = Mode.INCLUDE
    locked: tuple[str, ...] = ()


class Layer:
    """An immutable list of entries, known by its JSON text: equal texts are equal layers.

    The text is what a store keeps; that it is hashable is what lets a merge be remembered.
    """

    __slots__ = ("entries", "text")

    def __init__(self, entries: tuple[CapabilityConfig, ...], text: str) -> None:
        self.entries: Final = entries
        self.text: Final = text

    @staticmethod
    def of(entries: Iterable[CapabilityConfig]) -> Layer:
        """The layer of these entries, in this order."""
        kept = tuple(entries)
        if not kept:
            return EMPTY
        content = [_content(entry) for entry in kept]
        return Layer(kept, orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode())

    @staticmethod
    def parse(text: str) -> Layer:
        """The layer of a text that `Layer.text` once was, however a database spaced and ordered it."""
        return _parse_remembered(text) if len(text) <= _REMEMBERED_TEXT else _parse(text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Layer) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Layer({self.text})"


EMPTY = Layer((), "[]")


def _content(entry: CapabilityConfig) -> dict[str, object]:
    # What is not said is not kept, so that a text is the same as before there were modes and locks.
    content: dict[str, object] = {"config": entry.config, "ref": entry.ref}
    if entry.mode is not Mode.INCLUDE:
        content["mode"] = entry.mode
    if entry.locked:
        content["locked"] = entry.locked
    return content


def _parse(text: str) -> Layer:
    return Layer.of(
        CapabilityConfig(
            entry["ref"], entry["config"], Mode(entry.get("mode", "include")), tuple(entry.get("locked", ()))
        )
        for entry in orjson.loads(text)
    )


# Most sessions of an agent name the same capabilities, so most rows of a page hold the same text.
_parse_remembered = lru_cache(maxsize=1024)(_parse)
