"""JSON Merge Patch as RFC 7396 defines it in section 2, against which the service's merging is held."""

from __future__ import annotations

from server.core.json import JsonObject, JsonValue


def merge_patch(target: JsonValue, patch: JsonValue) -> JsonValue:
    """The target once the patch is applied; neither is changed."""
    if not isinstance(patch, dict):
        return patch
    result: JsonObject = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge_patch(result.get(name), value)
    return result


def value_at(document: JsonValue, path: tuple[str, ...]) -> tuple[bool, JsonValue]:
    """Whether there is a value at a path of keys, and which."""
    for key in path:
        if not isinstance(document, dict) or key not in document:
            return False, None
        document = document[key]
    return True, document
