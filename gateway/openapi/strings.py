"""JSON Schemas of strings, as the options of their fields limit them."""

from __future__ import annotations

from everruns.v1.options_pb2 import FieldLimits
from gateway.json_value import JsonObject

ANY_TEXT = r"^[^\u0000]*$"
"""What every string keeps to: a store behind the service cannot hold U+0000."""

EXAMPLE_DIGITS = "0192f3a17c5e7d3e8f0a1b2c3d4e5f60"

_HEX = "[0-9A-Fa-f]"
_UUID = f"(?:{_HEX}{{32}}|{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}})"


def answered_string(limits: FieldLimits) -> JsonObject:
    """Returns the schema of a string in answers: an id has one spelling there."""
    if limits.id_of:
        pattern = f"^{limits.id_of}_[0-9a-f]{{32}}$"
        return {"type": "string", "pattern": pattern, "examples": [f"{limits.id_of}_{EXAMPLE_DIGITS}"]}
    return {"type": "string"}


def accepted_string(limits: FieldLimits, *, may_be_empty: bool) -> JsonObject:
    """Returns the schema of a string in requests. One that may be empty is then as if it were not there.

    A limit in bytes of UTF-8 is one in characters here, which none that is within it exceeds.
    """
    schema: JsonObject = {"type": "string"}
    if limits.id_of or limits.pattern:
        whole = _id_pattern(limits.id_of) if limits.id_of else limits.pattern
        schema["pattern"] = f"^(?:{whole})?$" if may_be_empty else f"^(?:{whole})$"
    else:
        schema["pattern"] = ANY_TEXT
    if limits.min_length and not may_be_empty:
        schema["minLength"] = limits.min_length
    if most := limits.max_length or limits.max_bytes:
        schema["maxLength"] = most
    return schema


def _id_pattern(kind: str) -> str:
    # Regular expressions of JSON Schema have no flag for any case.
    prefix = "".join(f"[{letter.upper()}{letter}]" for letter in kind)
    return f"{prefix}_{_UUID}"
