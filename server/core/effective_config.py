"""The effective config of a capability: JSON Merge Patches (RFC 7396) over its default, with provenance.

Objects merge key by key, lists and scalars replace, `null` removes a key. Each leaf of the result (a
scalar, a list, or an empty object) knows the layer that set it and the values it beat at its path.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from server.core.json import JsonObject, JsonValue


class LayerName(StrEnum):
    """Where config comes from, lowest first."""

    DEFAULT = "default"
    BASE = "base"
    AGENT = "agent"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class Overridden:
    """A value that a higher layer beat, and the layer that had set it."""

    layer: LayerName
    value: JsonValue


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a leaf comes from. `path` is a JSON Pointer (RFC 6901); `overridden` has the lowest first."""

    path: str
    layer: LayerName
    value: JsonValue
    overridden: tuple[Overridden, ...]


@dataclass(slots=True)
class _Leaf:
    value: JsonValue
    layer: LayerName
    overridden: tuple[Overridden, ...]


@dataclass(slots=True)
class _Branch:
    children: dict[str, _Node]
    layer: LayerName


_Node: TypeAlias = "_Leaf | _Branch"


class EffectiveConfig:
    """A config being built, layer by layer from the lowest."""

    def __init__(self, default: JsonObject) -> None:
        self._root = _Branch({}, LayerName.DEFAULT)
        self.apply(LayerName.DEFAULT, default)

    def apply(self, layer: LayerName, patch: JsonObject) -> None:
        """Applies a layer's config as a merge patch."""
        _patch_branch(self._root, layer, patch)

    def value(self) -> JsonObject:
        """The config as it is now, a new object at every call."""
        return {key: _value(child) for key, child in self._root.children.items()}

    def provenance(self) -> tuple[Provenance, ...]:
        """Where each leaf comes from, sorted by path; one at `""` when the config is empty."""
        return tuple(sorted(_leaves("", self._root), key=lambda leaf: leaf.path))


def replay(provenance: Iterable[Provenance]) -> JsonObject:
    """The config that the leaves of `EffectiveConfig.provenance` are of. Raises ValueError for others."""
    config: JsonObject = {}
    for leaf in provenance:
        path = path_of(leaf.path)
        if not path:
            continue
        *parents, last = path
        target = config
        for step in parents:
            child = target.setdefault(step, {})
            if not isinstance(child, dict):
                raise ValueError(f"{leaf.path} goes through a value that is no object")
            target = child
        target[last] = leaf.value
    return config


def pointer(path: Iterable[str | int]) -> str:
    """The JSON Pointer of a path."""
    return "".join(f"/{_escape(str(step))}" for step in path)


def path_of(pointer: str) -> tuple[str, ...]:
    """The keys that a JSON Pointer goes through."""
    return tuple(_unescape(step) for step in pointer.split("/")[1:])


def _patch_branch(branch: _Branch, layer: LayerName, patch: Mapping[str, JsonValue]) -> None:
    for key, change in patch.items():
        if change is None:
            if branch.children.pop(key, None) is not None:
                branch.layer = layer
        else:
            branch.children[key] = _patched(branch.children.get(key), layer, change)


def _patched(node: _Node | None, layer: LayerName, change: JsonValue) -> _Node:
    if isinstance(change, dict):
        branch = node if isinstance(node, _Branch) else _Branch({}, layer)
        _patch_branch(branch, layer, change)
        return branch
    if node is None:
        return _Leaf(change, layer, ())
    earlier = node.overridden if isinstance(node, _Leaf) else ()
    return _Leaf(change, layer, (*earlier, Overridden(_highest(node), _value(node))))


def _value(node: _Node) -> JsonValue:
    if isinstance(node, _Leaf):
        return node.value
    return {key: _value(child) for key, child in node.children.items()}


def _highest(node: _Node) -> LayerName:
    order = list(LayerName)
    found = [node.layer]
    if isinstance(node, _Branch):
        found += [_highest(child) for child in node.children.values()]
    return max(found, key=order.index)


def _leaves(path: str, node: _Node) -> Iterator[Provenance]:
    if isinstance(node, _Leaf):
        yield Provenance(path, node.layer, node.value, node.overridden)
    elif not node.children:
        yield Provenance(path, node.layer, {}, ())
    else:
        for key, child in node.children.items():
            yield from _leaves(f"{path}/{_escape(key)}", child)


def _escape(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")


def _unescape(step: str) -> str:
    return step.replace("~1", "/").replace("~0", "~")
