"""Locks: paths of a config that a layer keeps from those above it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from server.core.effective_config import LayerName, path_of, pointer
from server.core.json import JsonObject, JsonValue


@dataclass(frozen=True, slots=True)
class Lock:
    """A JSON Pointer (RFC 6901) into a config, and the layer that locks it."""

    path: str
    layer: LayerName


@dataclass(frozen=True, slots=True)
class KeptOut:
    """What a layer says of a config and a lock below it forbids.

    `steps` are the keys that lead to `value`, which is None where the layer removes what is there.
    """

    steps: tuple[str, ...]
    layer: LayerName
    value: JsonValue
    lock: Lock

    @property
    def path(self) -> str:
        """The JSON Pointer of `steps`."""
        return pointer(self.steps)


def keep_out(
    patch: JsonObject, layer: LayerName, current: JsonObject, locks: Iterable[Lock]
) -> tuple[JsonObject, list[KeptOut]]:
    """A layer's merge patch without what would touch a locked path of the current config, and that.

    What touches one: a value at the locked path or below, and one above it unless it is an object that
    is merged into an object, or makes one where nothing is. So the value at a locked path, or that there
    is none, is the same before the patch and after it.
    """
    found: list[KeptOut] = []
    allowed = _allowed(patch, layer, current, (), [(path_of(lock.path), lock) for lock in locks], found)
    return allowed, found


def are_related(path: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two paths are one, or one leads to what is within the other."""
    return _is_within(path, other) or _is_within(other, path)


def _allowed(
    patch: JsonObject,
    layer: LayerName,
    current: JsonObject,
    above: tuple[str, ...],
    locks: Sequence[tuple[tuple[str, ...], Lock]],
    found: list[KeptOut],
) -> JsonObject:
    kept: JsonObject = {}
    for key, change in patch.items():
        here = (*above, key)
        near = [(steps, lock) for steps, lock in locks if are_related(here, steps)]
        if not near:
            kept[key] = change
            continue
        inside = next((lock for steps, lock in near if _is_within(here, steps)), None)
        target = current.get(key, {})
        if inside or not isinstance(change, dict) or not isinstance(target, dict):
            found.append(KeptOut(here, layer, change, inside or near[0][1]))
            continue
        rest = _allowed(change, layer, target, here, near, found)
        if rest or not change:
            kept[key] = rest
    return kept


def _is_within(path: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return path[: len(other)] == other
