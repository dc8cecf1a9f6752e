"""What is said of a config that a schema refuses, and which schemas are refused themselves."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.json import JsonObject, JsonValue
from server.core.schema import DIALECT, Schema, SchemaError

ANY_OF_TYPES: JsonObject = {"anyOf": [{"type": "string"}, {"type": "array"}]}
ANY_OF_FORMS: JsonObject = {"anyOf": [{"type": "string"}, {"required": ["z"]}]}
ANY_OF_NESTED: JsonObject = {"anyOf": [{"properties": {"a": {"type": "null"}}}, {"type": "null"}]}
EXACTLY_ONE: JsonObject = {"oneOf": [{"type": "integer"}, {"minimum": 3}]}
A_OR_B: JsonObject = {
    "type": "object",
    "properties": {"alpha": {}, "beta": {}},
    "additionalProperties": False,
}

# A schema for the key `k`, a value for it, and what is said: the path below `k`, and the message.
MESSAGES: list[tuple[JsonValue, JsonValue, list[tuple[tuple[str | int, ...], str]]]] = [
    ({"type": "integer"}, "x", [((), "must be an integer")]),
    ({"type": "integer"}, True, [((), "must be an integer")]),
    ({"type": "integer"}, 1.5, [((), "must be an integer")]),
    ({"type": "integer"}, 1.0, []),
    ({"type": "number"}, None, [((), "must be a number")]),
    ({"type": "boolean"}, 1, [((), "must be true or false")]),
    ({"type": "array"}, {}, [((), "must be a list")]),
    ({"type": "object"}, [], [((), "must be an object")]),
    ({"type": ["string", "null"]}, 1, [((), "must be null or a string")]),
    ({"minimum": 1}, 0, [((), "must be at least 1")]),
    ({"maximum": 300000}, 300001, [((), "must be at most 300000")]),
    ({"exclusiveMinimum": 0.5}, 0.5, [((), "must be more than 0.5")]),
    ({"exclusiveMaximum": 2}, 2, [((), "must be less than 2")]),
    ({"multipleOf": 5}, 7, [((), "must be a multiple of 5")]),
    ({"minLength": 1}, "", [((), "must have at least 1 character")]),
    ({"maxLength": 2}, "abc", [((), "must have at most 2 characters")]),
    ({"maxLength": 1}, "\N{GRINNING FACE}", []),
    ({"minItems": 2}, [], [((), "must have at least 2 items")]),
    ({"maxItems": 1}, [1, 2], [((), "must have at most 1 item")]),
    ({"minProperties": 1}, {}, [((), "must have at least 1 key")]),
    ({"maxProperties": 0}, {"a": 1}, [((), "must have at most 0 keys")]),
    ({"uniqueItems": True}, ["a", "a"], [((), "must not have the same item twice")]),
    ({"contains": {"const": 1}}, [2], [((), "lacks an item that it must have")]),
    ({"enum": ["a", 1]}, "b", [((), 'must be one of "a", 1')]),
    ({"enum": ["a"]}, "b", [((), 'must be "a"')]),
    ({"const": None}, "b", [((), "must be null")]),
    ({"pattern": "^a+$"}, "b", [((), "must match ^a+$")]),
    ({"pattern": "^a+$", "title": "row of a's"}, "b", [((), "is not a valid row of a's")]),
    ({"format": "ipv4"}, "1.2.3.256", [((), "is not a valid ipv4")]),
    ({"format": "no-such-format"}, "b", []),
    (ANY_OF_TYPES, 1, [((), "must be a string or a list")]),
    (ANY_OF_FORMS, {}, [((), "fits none of the forms that are allowed")]),
    (ANY_OF_NESTED, {"a": 1}, [((), "fits none of the forms that are allowed")]),
    ({"oneOf": [{"type": "string"}, {"const": 1}]}, 2, [((), "must be a string or 1")]),
    (EXACTLY_ONE, 4, [((), "fits more than one of the forms of which exactly one is wanted")]),
    (False, 1, [((), "is not allowed")]),
    ({"not": {"type": "null"}}, None, [((), "is not allowed")]),
    ({"prefixItems": [{}], "items": False}, [1, 2], [((1,), "is not allowed")]),
    ({"prefixItems": [{}], "unevaluatedItems": False}, [1, 2, 3], [((), "has items that are not allowed")]),
    ({"required": ["a", "b"]}, {"b": 1}, [(("a",), "is required")]),
    ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, [(("b",), "is required")]),
    ({"items": {"required": ["a"]}}, [{"a": 1}, {}], [((1, "a"), "is required")]),
    (A_OR_B, {"alpah": 1, "x/y": 2}, [
        (("alpah",), "is not a known key; did you mean alpha?"),
        (("x/y",), "is not a known key"),
    ]),
    ({"$ref": "#/$defs/pair"}, {"betta": 1}, [(("betta",), "is not a known key; did you mean beta?")]),
    ({"unevaluatedProperties": False, "properties": {"alpha": {}}}, {"alphas": 1}, [
        (("alphas",), "is not a known key; did you mean alpha?"),
    ]),
    ({"propertyNames": {"maxLength": 2}}, {"abc": 1}, [
        (("abc",), "is a key that must have at most 2 characters"),
    ]),
    ({"patternProperties": {"^x": {"type": "null"}}}, {"x1": 1}, [(("x1",), "must be null")]),
    ({"allOf": [{"type": "null"}, {"type": "null"}]}, 1, [((), "must be null")]),
    ({"additionalProperties": False}, {"b": {}, "a": {"b": {}}}, [
        (("a",), "is not a known key"),
        (("b",), "is not a known key"),
    ]),
    ({"properties": {"additionalProperties": False}}, {"additionalProperties": {"a": 1}}, [
        (("additionalProperties",), "is not allowed"),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "value", "said"), MESSAGES)
def test_messages(rule: JsonValue, value: JsonValue, said: list[tuple[tuple[str | int, ...], str]]) -> None:
    schema = Schema({"type": "object", "properties": {"k": rule}, "$defs": {"pair": A_OR_B}})
    found = [(problem.path, problem.message) for problem in schema.problems({"k": value})]
    assert found == [(("k", *path), message) for path, message in said]


def test_all_problems_come_sorted_by_path() -> None:
    items: JsonObject = {"type": "array", "maxItems": 2, "items": {"type": "integer", "minimum": 0}}
    schema = Schema(
        {
            "type": "object",
            "properties": {"list": items, "word": {"type": "string"}},
            "required": ["zeta"],
            "additionalProperties": False,
        }
    )
    config: JsonObject = {"word": 1, "list": [*([0] * 9), -1, "x"], "alpha": 0}
    assert [(problem.path, problem.message) for problem in schema.problems(config)] == [
        (("alpha",), "is not a known key"),
        (("list",), "must have at most 2 items"),
        (("list", 9), "must be at least 0"),
        (("list", 10), "must be an integer"),
        (("word",), "must be a string"),
        (("zeta",), "is required"),
    ]


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ({"enum": ["y" * 5_000, "z"]}, "x" * 5_000),
        ({"const": {"deep": "y" * 5_000}}, "x" * 5_000),
        ({"type": "integer"}, "x" * 5_000),
        ({"pattern": f"^{'a' * 500}$"}, "x" * 5_000),
        ({"format": "ipv4"}, "x" * 5_000),
        ({"not": {}}, ["x"] * 5_000),
        ({"maximum": 1}, 2**53),
    ],
)
def test_huge_values_are_not_echoed(rule: JsonObject, value: JsonValue) -> None:
    schema = Schema({"type": "object", "properties": {"k": rule}})
    (problem,) = schema.problems({"k": value})
    assert len(problem.message) <= 110
    assert "xxx" not in problem.message


def test_only_the_first_unknown_keys_get_a_hint() -> None:
    unknown: JsonObject = {f"alpha{n}": 0 for n in range(3_000)}
    messages = [problem.message for problem in Schema(A_OR_B).problems(unknown)]
    assert len(messages) == 3_000
    assert sum("did you mean alpha?" in message for message in messages) == 20


REFUSED: list[tuple[JsonObject, str]] = [
    ({}, 'type: must be "object"'),
    ({"type": ["object", "null"]}, 'type: must be "object"'),
    ({"type": "objekt"}, 'type: must be "object"'),
    ({"type": "object", "$schema": "http://json-schema.org/draft-07/schema#"}, f'"{DIALECT}", or left out'),
    ({"type": "object", "properties": []}, "properties: must be an object"),
    ({"type": "object", "properties": {"a": {"type": "strin"}}}, "properties.a.type: must be one of "),
    ({"type": "object", "minProperties": -1}, "minProperties: must be at least 0"),
    (
        {"type": "object", "properties": {"a": {"pattern": "("}}},
        "properties.a.pattern: must be a regular expr",
    ),
    (
        {"type": "object", "properties": {"a": {"pattern": r"(a)\1"}}},
        "properties.a.pattern: must be a regular",
    ),
    (
        {"type": "object", "properties": {"a": {"pattern": "(?<!a)b"}}},
        "properties.a.pattern: must be a regul",
    ),
    (
        {"type": "object", "patternProperties": {"(?!a)": {}}},
        "patternProperties.(?!a): must be a regular expr",
    ),
    ({"type": "object", "properties": {"a": {"$ref": "#/$defs/no"}}}, "leads nowhere: Pointer '/$defs/no'"),
    ({"type": "object", "properties": {"a": {"$ref": "other.json"}}}, "leads nowhere: Resource 'other.json'"),
]


@pytest.mark.parametrize(("schema", "reason"), REFUSED)
def test_refuses_what_is_not_a_schema_of_objects(schema: JsonObject, reason: str) -> None:
    with pytest.raises(SchemaError) as caught:
        Schema(schema)
    assert reason in str(caught.value)


def test_refuses_a_schema_too_deep_to_walk() -> None:
    schema: JsonObject = {"type": "object"}
    for _ in range(2_000):
        schema = {"type": "object", "properties": {"a": schema}}
    with pytest.raises(SchemaError, match="cannot be used: Recursion limit reached"):
        Schema(schema)


def test_takes_the_dialect_by_name_and_references_within() -> None:
    schema = Schema(
        {
            "$schema": DIALECT,
            "type": "object",
            "properties": {"child": {"$ref": "#"}, "n": {"$ref": "#int"}},
            "$defs": {"whole": {"$anchor": "int", "type": "integer"}},
        }
    )
    assert schema.problems({"child": {"child": {"n": 1}}}) == []
    assert [p.path for p in schema.problems({"child": {"child": {"n": "1"}}})] == [("child", "child", "n")]


class _Requests(BaseHTTPRequestHandler):
    seen: list[str]

    def do_GET(self) -> None:
        self.seen.append(self.path)
        self.send_response(404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Keeps the test's output clean."""


@pytest.fixture
def http_server() -> Iterator[tuple[str, list[str]]]:
    seen: list[str] = []
    with HTTPServer(("127.0.0.1", 0), type("Handler", (_Requests,), {"seen": seen})) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", seen
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("keyword", ["$ref", "$dynamicRef"])
def test_nothing_is_fetched_from_the_network(keyword: str, http_server: tuple[str, list[str]]) -> None:
    address, seen = http_server
    with pytest.raises(SchemaError, match="has a reference that leads nowhere: Resource 'http://127"):
        Schema({"type": "object", "properties": {"a": {keyword: f"{address}/schema.json"}}})
    with pytest.raises(SchemaError, match="has a reference that leads nowhere: Resource 'http://127"):
        Schema({"$id": f"{address}/here", "type": "object", "properties": {"a": {keyword: "there"}}})
    assert seen == []


def test_nothing_is_read_from_files(tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    file.write_text("{}")
    with pytest.raises(SchemaError, match="has a reference that leads nowhere: Resource 'file://"):
        Schema({"type": "object", "properties": {"a": {"$ref": file.as_uri()}}})


def test_one_schema_serves_many_threads() -> None:
    schema = Schema({"type": "object", "properties": {"n": {"type": "integer", "minimum": 5}}})
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: len(schema.problems({"n": n})), range(4_000)))
    assert found == [1] * 5 + [0] * 3_995


words = st.text("ab\0\u00e9\U0001f600", max_size=3)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e300, 1e300) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["n", "alpha", "m"]), json_values, max_size=3))
def test_any_config_is_judged_without_an_exception_and_always_alike(config: JsonObject) -> None:
    schema = Schema({"type": "object", "properties": {"n": {"type": "integer"}, "alpha": A_OR_B}})
    problems = schema.problems(config)
    assert problems == schema.problems(dict(reversed(config.items())))
    fits = "n" not in config or (isinstance(config["n"], int | float) and not isinstance(config["n"], bool))
    if not fits:
        assert "n" in {problem.path[0] for problem in problems}
    assert {problem.path[0] for problem in problems} <= {"n", "alpha"}
