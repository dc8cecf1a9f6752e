from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from everruns.v1 import session_pb2
from gateway.errors import problem_answer
from gateway.json_body import MAX_LEVELS, MOST_VALUES, decode_object
from gateway.json_value import JsonObject
from gateway.problem import Problem, refusal_of_fields
from gateway.violations import Violations
from tests.gateway.unit.bodies import SESSION
from tests.gateway.unit.json_strategies import OBJECTS

EXAMPLE = b"""{
  "agent_id": "agent_01234567-89ab-cdef-0123-456789abcdef",
  "title": "Research \\"Session\\"",
  "tags": ["research", "web"],
  "capabilities": [
    { "ref": "current_time" },
    { "ref": "web_fetch", "config": { "timeout_ms": 30000, "on": true, "off": null } }
  ]
}"""


def decode(body: bytes) -> JsonObject:
    violations = Violations()
    tree = decode_object(body, violations)
    assert list(violations) == []
    return tree


def refused(body: bytes) -> list[tuple[str, str]]:
    violations = Violations()
    decode_object(body, violations)
    return [(found.field, found.reason) for found in violations]


def malformed(body: bytes) -> str:
    with pytest.raises(Problem) as caught:
        decode_object(body, Violations())
    assert (caught.value.code, caught.value.status) == ("MALFORMED_BODY", 400)
    return caught.value.detail


def test_the_published_example_is_read() -> None:
    assert decode(EXAMPLE) == json.loads(EXAMPLE)


@given(OBJECTS, st.booleans(), st.sampled_from([None, 2]))
def test_any_object_is_read_however_it_is_written(
    tree: JsonObject, ascii_only: bool, indent: int | None
) -> None:
    assert decode(json.dumps(tree, ensure_ascii=ascii_only, indent=indent).encode()) == tree


@pytest.mark.parametrize("end", range(len(EXAMPLE)))
def test_a_body_that_is_cut_short_is_refused(end: int) -> None:
    malformed(EXAMPLE[:end])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"null",
        b"true",
        b"1",
        b'"a"',
        b"[]",
        b"[{}]",
        b"{]",
        b"[}",
        b"{}{}",
        b"{} x",
        b"{,}",
        b'{"a"}',
        b'{"a":}',
        b'{"a":1,}',
        b'{"a":1 "b":2}',
        b'{"a" 1}',
        b"{a:1}",
        b"{'a':1}",
        b"{1:1}",
        b'{"a":[1,]}',
        b'{"a":[,1]}',
        b'{"a":[1 2]}',
        b'{"a":01}',
        b'{"a":+1}',
        b'{"a":.5}',
        b'{"a":1.}',
        b'{"a":1e}',
        b'{"a":--1}',
        b'{"a":0x1}',
        b'{"a":1_000}',
        b'{"a":nul}',
        b'{"a":True}',
        b'{"a":undefined}',
        b'{"a":"\\x41"}',
        b'{"a":"\\u12"}',
        b'{"a":"\\u12G4"}',
        b'{"a":"\t"}',
        b'{"a":"\n"}',
        b'{"a":"\0"}',
        b'{"a":"b}',
        b'{"a":"\\"}',
        b'{"a":1}/**/',
        b"// a\n{}",
        b"{}\0",
        b"\xef\xbb\xbf{}",
        b'{"a":"\xff"}',
        b'{"a":"\xc3"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\xc0\x80"}',
        b'{"\xff":1}',
        '{"a":1}'.encode("utf-16"),
        '{"a":1}'.encode("utf-32-le"),
        b"<a/>",
        b"a=1&b=2",
        b"{" * 100_000,
        b"-",
        b'{"a":1e999',
        b'{"a":1e999}}',
    ],
)
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    malformed(body)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b'{"a": }', "line 1, column 7"),
        (b'{\n "a": 1,\n "b" 2\n}', "line 3, column 6"),
        (b'{"a": 1', "line 1, column 8"),
    ],
)
def test_it_is_said_where_a_body_is_no_json(body: bytes, where: str) -> None:
    assert where in malformed(body)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b'{"a":1,"a":2}', ["a"]),
        (b'{"a":1,"a":1}', ["a"]),
        (b'{"a" :1,"a"\n:2}', ["a"]),
        (b'{"a":1,"\\u0061":2}', ["a"]),
        (b'{"a":{"b":1,"b":2},"c":[{"d":1,"d":1}]}', ["a.b", "c[0].d"]),
        (b'{"a":1,"b":2,"a":3,"a":4}', ["a", "a"]),
        (b'{"a":"\\":","a":"x"}', ["a"]),
        (b'{"a":1,"a":"\\u0022:"}', ["a"]),
        (b'{"a":1,"a":"\\"\\u003a"}', ["a"]),
        (b'{"a":"x","a":"\\" :"}', ["a"]),
        ('{"ключ":1,"ключ":2}'.encode(), ['["ключ"]']),
        (b'{"a":{"a":1},"a":{}}', ["a"]),
    ],
)
def test_a_key_that_is_there_twice_is_refused_with_its_path(body: bytes, fields: list[str]) -> None:
    assert refused(body) == [(field, "MALFORMED_BODY") for field in fields]


@pytest.mark.parametrize(
    "body", [b'{"a\\":b":1}', b'{"a":"\\":","b":"\\" :"}', b'{"a":{"b":1},"b":{"a":1}}', b'{"a":"a\\u0022:"}']
)
def test_what_only_looks_like_a_key_is_none(body: bytes) -> None:
    assert decode(body) == json.loads(body)


_RAW_TEXT = st.text(st.sampled_from('ab":\\ \n\té'), max_size=4)
_RAW_VALUES: st.SearchStrategy[object] = st.recursive(
    st.integers(0, 9) | _RAW_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.lists(st.tuples(_RAW_TEXT, inner), max_size=3).map(tuple),
    max_leaves=8,
)
_RAW_OBJECTS = st.lists(st.tuples(_RAW_TEXT, _RAW_VALUES), max_size=5).map(tuple)


@given(_RAW_OBJECTS, st.booleans(), st.sampled_from(["", " ", "\n\t"]), st.booleans())
@example(((("a", 1), ("a", '":'))), False, "", True)
def test_a_body_is_refused_exactly_when_it_has_a_key_twice(
    pairs: tuple[tuple[str, object], ...], ascii_only: bool, space: str, escape_quotes: bool
) -> None:
    body = _write(pairs, ascii_only, space, escape_quotes).encode()
    reasons = {reason for _, reason in refused(body)}
    assert reasons == ({"MALFORMED_BODY"} if _has_double_key(pairs) else set())


def _write(value: object, ascii_only: bool, space: str, escape_quotes: bool) -> str:
    """Writes JSON; an object is a tuple of pairs, so that it can have a key twice."""
    if isinstance(value, tuple):
        members = (
            _write(key, ascii_only, space, escape_quotes)
            + f"{space}:{space}"
            + _write(item, ascii_only, space, escape_quotes)
            for key, item in value
        )
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_write(item, ascii_only, space, escape_quotes) for item in value) + "]"
    text = json.dumps(value, ensure_ascii=ascii_only)
    return text.replace('\\"', "\\u0022") if escape_quotes and "\\\\" not in text else text


def _has_double_key(value: object) -> bool:
    if isinstance(value, tuple):
        keys = [key for key, _ in value]
        return len(set(keys)) < len(keys) or any(_has_double_key(item) for _, item in value)
    return isinstance(value, list) and any(map(_has_double_key, value))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"a":"\\u0000"}', "a"),
        (b'{"a":["x\\u0000y"]}', "a[0]"),
        (b'{"a\\u0000":1}', '["a\\u0000"]'),
        (b'{"a":"\\ud800"}', "a"),
        (b'{"a":"\\udc00x"}', "a"),
        (b'{"a":"\\ude00\\ud83d"}', "a"),
        (b'{"a":{"\\ud800":1}}', 'a["\\ud800"]'),
    ],
)
def test_text_that_protobuf_cannot_hold_is_refused_with_its_path(body: bytes, field: str) -> None:
    assert refused(body) == [(field, "INVALID_FIELD")]


def test_escapes_that_are_fine_are_fine() -> None:
    assert decode(b'{"a":"\\ud83d\\ude00","b":"\\\\u0000"}') == {"a": "😀", "b": "\\u0000"}


@pytest.mark.parametrize(
    "number", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999", b"1E+309", b"9" * 400, b"9" * 10_000]
)
def test_a_number_that_is_not_finite_is_refused_with_its_path(number: bytes) -> None:
    assert refused(b'{"a":[0,{"n":' + number + b"}]}") == [("a[1].n", "NUMBER_NOT_REPRESENTABLE")]


@pytest.mark.parametrize("number", [b"9007199254740993", b"18446744073709551616", b"9" * 300])
def test_the_size_of_an_integer_is_left_to_the_field(number: bytes) -> None:
    value = decode(b'{"a":' + number + b"}")["a"]
    assert isinstance(value, (int, float))
    assert value > 2**53


@pytest.mark.parametrize("levels", [70, 200, 300, 900, 1100, 5000, 100_000])
@pytest.mark.parametrize(("opened", "closed"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_deep_nesting_never_fails_otherwise_than_by_a_violation(
    levels: int, opened: bytes, closed: bytes
) -> None:
    body = b'{"title":' + opened * levels + b"1" + closed * levels + b"}"
    assert _reasons(body) <= {"LIMIT_EXCEEDED", "INVALID_FIELD"}
    config = (
        b'{"capabilities":[{"ref":"a","config":{"a":' + opened * levels + b"1" + closed * levels + b"}}]}"
    )
    assert _reasons(config) == {"LIMIT_EXCEEDED"}


@pytest.mark.parametrize("levels", [MAX_LEVELS, MAX_LEVELS + 1])
def test_levels_are_counted_with_the_body_itself(levels: int) -> None:
    # The escape has the body read closely.
    body = b'{"\\u0061":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"
    reasons = [reason for _, reason in refused(body)]
    assert reasons == ([] if levels <= MAX_LEVELS else ["LIMIT_EXCEEDED"])


@pytest.mark.parametrize("item", [b"0", b'"a,b"', rb'"\\"', b"[]", b'{"a":1}'])
def test_values_are_counted_and_what_is_in_strings_is_not(item: bytes) -> None:
    def body(count: int) -> bytes:
        return b'{"a":[' + b",".join([item] * count) + b'],"b":"' + b"," * MOST_VALUES + b'"}'

    assert len(decode(body(MOST_VALUES - 1))["a"]) == MOST_VALUES - 1  # type: ignore[arg-type]  # a list
    with pytest.raises(Problem) as refusal:
        decode(body(MOST_VALUES))
    assert refusal.value.code == "MESSAGE_TOO_LARGE"
    assert str(MOST_VALUES) in refusal.value.detail


# A pattern that went back would take hours.
@pytest.mark.parametrize("part", [b'"', b'""', b"\\", b'\\"', b'"\\', b'"\\"\\'])
def test_counting_takes_no_longer_for_what_is_no_json(part: bytes) -> None:
    most = 4 * 1024 * 1024 - MOST_VALUES
    with pytest.raises(Problem):
        decode(part * (most // len(part)) + b"," * MOST_VALUES)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    body = b'{"title":"\\u0000","tags":[1],"title":"\\ud800","model_id":NaN,"capabilities":[{"rev":1}]}'
    assert _fields(body) == {
        ("title", "INVALID_FIELD"),
        ("title", "MALFORMED_BODY"),
        ("model_id", "NUMBER_NOT_REPRESENTABLE"),
        ("tags[0]", "INVALID_FIELD"),
        ("capabilities[0].rev", "UNKNOWN_FIELD"),
    }


def _fields(body: bytes) -> set[tuple[str, str]]:
    """Reads the body as a session, and returns what is wrong; it may fail by a Problem only."""
    violations = Violations()
    message = session_pb2.SessionSpec()
    try:
        SESSION.parse(message, decode_object(body, violations), violations)
        message.SerializeToString()
        if violations:
            raise refusal_of_fields(violations)
    except Problem as problem:
        document = orjson.loads(problem_answer(problem, "r").body)
        assert document["status"] in (400, 413)
        return {(found["field"], found["reason"]) for found in document["field_violations"]} or {
            ("", document["code"])
        }
    return set()


def _reasons(body: bytes) -> set[str]:
    return {reason for _, reason in _fields(body)}


@given(st.binary(max_size=200))
def test_any_bytes_give_a_session_or_a_problem(body: bytes) -> None:
    _fields(body)


@given(st.integers(0, len(EXAMPLE) - 1), st.binary(max_size=3))
def test_a_body_changed_anywhere_gives_a_session_or_a_problem(at: int, change: bytes) -> None:
    _fields(EXAMPLE[:at] + change + EXAMPLE[at + 1 :])


@given(
    st.text(
        st.sampled_from('{}[]":,0123456789.eE+-truefalsnl\\ud80ctitlescapabilities_refconfig \n'), max_size=60
    )
)
def test_almost_json_gives_a_session_or_a_problem(text: str) -> None:
    _fields(text.encode())
