"""Bodies that are wrong, each in one way, from a fixed seed."""

from __future__ import annotations

import random
from collections.abc import Iterator

import orjson

from tests.wire.harness.json_value import Json, JsonObject

SEED = 20240229

_WHOLE = (
    b"",
    b" ",
    b"\x00",
    b"null",
    b"true",
    b"0",
    b"-",
    b'""',
    b"[]",
    b"[{}]",
    b"{}{}",
    b"{} x",
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{\x00}\x00",
    b"{'title': 'x'}",
    b"{title: 1}",
    b"<session/>",
    b"title=x",
    b"\x1f\x8b\x08\x00",
    b"{" * 100_000,
    b"[" * 100_000,
    b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    b"[" * 1000 + b"]" * 1000,
)
"""Bodies that are no JSON object."""

_VALUES = (
    *(b"NaN", b"Infinity", b"-Infinity", b"1e400", b"-1e400", b"1E+309", b"9" * 400, b"-" + b"9" * 5000),
    *(b"0.1e", b"01", b"+1", b"1.", b".5", b"0x10", b"1_000", b"nul", b"True", b"undefined"),
    *(b'"\\ud800"', b'"\\udfff"', b'"\\ud800\\u0041"', b'"\\u0000"', b'"a\\u0000b"', b'"\\x41"', b'"\\u12"'),
    *(
        b'"\x00"',
        b'"\n"',
        b'"\x1f"',
        b'"\xff"',
        b'"\xc0\x80"',
        b'"\xed\xa0\x80"',
        b'"\xf4\x90\x80\x80"',
        b'"\xe2\x82"',
    ),
    *(b"[" * 70 + b"]" * 70, b'{"a":' * 70 + b"1" + b"}" * 70, b"[" * 900 + b"]" * 900, b"[1,]", b'{"a":1,}'),
)
"""Values that no field can have, or that no JSON is."""


def malformed_bodies(valid: JsonObject, seed: int = SEED) -> Iterator[bytes]:
    """Well over 100 bodies that a resource of this valid body must not be made of."""
    chance = random.Random(seed)  # the same bodies every time
    body = orjson.dumps(valid)
    yield from _WHOLE
    for text in _VALUES:
        yield _with(valid, chance.choice(list(valid)), text)
        yield body[:-1] + b',"capabilities":[{"ref":"noop","config":{"n":' + text + b"}}]}"
    for key, value in valid.items():
        for wrong in _other_types(value):
            yield _with(valid, key, orjson.dumps(wrong))
        yield body[:-1] + b',"' + key.encode() + b'":' + orjson.dumps(value) + b"}"
        yield _with(valid, key, b'{"' + key.encode() + b'":1}')
    for _ in range(30):
        yield body[: chance.randrange(1, len(body))]
    for _ in range(20):
        where = chance.randrange(len(body))
        yield (
            body[:where]
            + bytes([chance.choice((*range(9), *range(14, 32), 0x80, 0xC0, 0xFF))])
            + body[where:]
        )
    for _ in range(20):
        yield b"{" + chance.randbytes(chance.randrange(1, 200))


def _with(valid: JsonObject, key: str, value: bytes) -> bytes:
    rest = {k: v for k, v in valid.items() if k != key}
    return orjson.dumps(rest)[:-1] + (b"," if rest else b"") + b'"' + key.encode() + b'":' + value + b"}"


def _other_types(value: Json) -> list[Json]:
    """Values of other types than a text, a list of texts, a list of capabilities, or a number has."""
    if isinstance(value, str):
        return [1, 1.5, True, [], {}, [value], {"value": value}]
    if isinstance(value, list):
        wrong: list[Json] = [1, "a", True, {}, [1], [None], [True], [[]], [["a"]]]
        return [*wrong, [{}]]
    return [True, "1", [], {}, 1.5, 2**31, -(2**31) - 1, 2**63, 1e300]
