"""From the bytes of a body to a JSON object, and what is wrong with the JSON itself.

A body is read with orjson, which is fast and strict, but keeps the last of two equal keys and says
nothing, and names no key in its errors. So a body that it refuses, or that might have a key twice, is
read again in a way that keeps every key.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from dataclasses import dataclass
from typing import TypeAlias

import orjson

from everruns.v1.error_reason_pb2 import (
    INVALID_FIELD,
    LIMIT_EXCEEDED,
    MALFORMED_BODY,
    MESSAGE_TOO_LARGE,
    NUMBER_NOT_REPRESENTABLE,
)
from gateway.json_value import JsonObject, JsonScalar, JsonValue
from gateway.problem import Problem, refusal
from gateway.violations import Path, Violations

MAX_LEVELS = 64
"""The most levels of objects and lists, the body's own object included."""

MOST_VALUES = 100_000
"""The most values in a body, within a few; each costs about a microsecond to take in, and others wait."""

# A string as a whole, or a comma outside of any. Possessive, so that a long string takes no memory. One that
# does not end goes to the end, or every quote in it would be tried as a beginning.
_STRING_OR_COMMA = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|,', re.DOTALL)
# Every key ends so. In a string it takes an escaped quote to look like one.
_END_OF_KEY = re.compile(rb'"\s*:')
# Enough digits for any integer that a field can hold; longer ones cost more than linear time to read.
_MAX_INTEGER_DIGITS = 20


@dataclass(frozen=True, slots=True)
class _Pairs:
    """A JSON object with every key as often as it is there."""

    pairs: list[tuple[str, _RawValue]]


_RawValue: TypeAlias = "JsonScalar | list[_RawValue] | _Pairs"


def decode_object(body: bytes, violations: Violations) -> JsonObject:
    """Returns the JSON object that a body is.

    Adds to `violations` what is wrong at a place within it: a key that is there twice, a number that
    is not finite, a string that protobuf cannot hold, nesting beyond `MAX_LEVELS`. The object that is
    returned has something harmless there, so that the rest can be checked too.

    Raises Problem, reason MALFORMED_BODY, for a body that is not JSON or not an object; MESSAGE_TOO_LARGE
    for one of more than MOST_VALUES values.
    """
    if body.count(b",") >= MOST_VALUES and _has_too_many_values(body):
        raise refusal(MESSAGE_TOO_LARGE, f"The body has more than {MOST_VALUES} values.")
    try:
        tree = orjson.loads(body)
    except orjson.JSONDecodeError:
        return _read_closely(body, violations)
    if not isinstance(tree, dict):
        raise _not_an_object()
    if not _has_each_key_once(body, tree):
        return _read_closely(body, violations)
    return tree


def _has_too_many_values(body: bytes) -> bool:
    """Returns whether there are so many commas between values; looks no further than it must."""
    commas = (match for match in _STRING_OR_COMMA.finditer(body) if match[0] == b",")
    return next(itertools.islice(commas, MOST_VALUES - 1, None), None) is not None


def _has_each_key_once(body: bytes, tree: JsonObject) -> bool:
    """Returns whether the body certainly has no key twice and no escape that hides a character.

    The tree written out again has as many ends of keys as the body, unless a key was lost. What only
    looks like one, an escaped quote before a colon, is in the body too if it is in the tree.
    """
    if b"\\u" in body:
        return False
    try:
        return orjson.dumps(tree).count(b'":') == len(_END_OF_KEY.findall(body))
    except orjson.JSONEncodeError:
        # orjson writes fewer levels than it reads.
        return False


def _read_closely(body: bytes, violations: Violations) -> JsonObject:
    try:
        raw: _RawValue = json.loads(body.decode(), object_pairs_hook=_Pairs, parse_int=_parse_integer)
    except UnicodeDecodeError as error:
        raise refusal(MALFORMED_BODY, f"The body is not UTF-8: see byte {error.start}.") from None
    except json.JSONDecodeError as error:
        raise _malformed(error) from None
    except RecursionError:
        raise refusal(LIMIT_EXCEEDED, f"The body is nested deeper than {MAX_LEVELS} levels.") from None
    if not isinstance(raw, _Pairs):
        raise _not_an_object()
    return _repair_object(raw, None, MAX_LEVELS, violations)


def _parse_integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_INTEGER_DIGITS else float(digits)


def _repair_object(raw_object: _Pairs, path: Path, levels: int, violations: Violations) -> JsonObject:
    tree: JsonObject = {}
    seen: set[str] = set()
    for key, raw in raw_object.pairs:
        here = (path, key)
        if key in seen:
            violations.add(here, MALFORMED_BODY, "is there twice")
        seen.add(key)
        value = _repair(raw, here, levels - 1, violations)
        if _refuse_text(key, here, violations):
            continue
        tree[key] = value
    return tree


def _repair(raw: _RawValue, path: Path, levels: int, violations: Violations) -> JsonValue:
    if isinstance(raw, str):
        return "" if _refuse_text(raw, path, violations) else raw
    if isinstance(raw, list | _Pairs) and levels == 0:
        violations.add(path, LIMIT_EXCEEDED, f"is nested deeper than {MAX_LEVELS} levels")
        return None
    if isinstance(raw, _Pairs):
        return _repair_object(raw, path, levels, violations)
    if isinstance(raw, list):
        return [_repair(item, (path, index), levels - 1, violations) for index, item in enumerate(raw)]
    if isinstance(raw, float) and not math.isfinite(raw):
        violations.add(path, NUMBER_NOT_REPRESENTABLE, "must be a finite number that a double can hold")
        return None
    return raw


def _refuse_text(text: str, path: Path, violations: Violations) -> bool:
    """Returns whether protobuf, or a store behind it, cannot hold the text; then says so."""
    if "\0" in text:
        violations.add(path, INVALID_FIELD, "must not contain U+0000")
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        violations.add(path, INVALID_FIELD, "must not contain half of a surrogate pair")
        return True
    return False


def _malformed(error: json.JSONDecodeError) -> Problem:
    return refusal(
        MALFORMED_BODY,
        f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
    )


def _not_an_object() -> Problem:
    return refusal(MALFORMED_BODY, "The body must be a JSON object.")
