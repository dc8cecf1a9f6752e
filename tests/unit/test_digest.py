"""The digest of a runtime agent: equal for equal runtimes in any process, different for different ones."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
import rfc8785
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import ListValue, Struct, Value
from hypothesis import given
from hypothesis import strategies as st

from server.core.catalog import Catalog
from server.core.json import JsonObject, JsonValue
from server.core.layer import CapabilityConfig, Layer
from server.core.merge import Layers, merge
from server.core.model import ANY_MODEL
from server.core.runtime_agent import RuntimeSettings, compose
from server.rpc import encode
from server.rpc.proto_options import fields_of
from tests.unit.capabilities import BUILT_IN, layer, merged
from tests.unit.strategies import merges

SETTINGS = RuntimeSettings(
    agent_prompt="You are careful.",
    agent_model="m",
    session_model=None,
    server_model=None,
    max_iterations=100,
    models=ANY_MODEL,
)
ROOT = Path(__file__).parents[2]


def digest(session: Layer, settings: RuntimeSettings = SETTINGS, agent: Layer | None = None) -> str:
    return compose(merged(BUILT_IN, agent=agent, session=session), settings).digest


def web_fetch(config: JsonObject) -> Layer:
    return layer(("web_fetch", config))


def as_json(message: Message) -> JsonObject:
    """A message as JSON, by the house rule: unset scalars are null, and enums their short names."""
    content: JsonObject = {}
    for field in fields_of(message).values():
        value = getattr(message, field.name)
        if field.is_repeated:
            content[field.name] = [_plain(field, item) for item in value]
        elif field.has_presence and not message.HasField(field.name):
            content[field.name] = None
        else:
            content[field.name] = _plain(field, value)
    return content


def _plain(field: FieldDescriptor, value: object) -> JsonValue:
    match value:
        case Struct():
            return {key: _plain(field, child) for key, child in value.fields.items()}
        case ListValue():
            return [_plain(field, child) for child in value.values]
        case Value():
            kind = value.WhichOneof("kind")
            return None if kind in (None, "null_value") else _plain(field, getattr(value, kind or ""))
        case Message():
            return as_json(value)
        case int() if field.enum_type is not None:
            names = field.enum_type.values_by_number
            prefix = names[0].name.removesuffix("UNSPECIFIED")
            return names[value].name.removeprefix(prefix).lower()
        case bool() | int() | float() | str():
            return value
    raise TypeError(type(value))


@given(merges())
def test_it_is_the_canonical_json_of_the_answer_without_ids(world: tuple[Catalog, Layers]) -> None:
    """Whoever has the answer can check its digest."""
    runtime = compose(merge(*world), SETTINGS)
    content = as_json(encode.runtime_agent(runtime, bytes(16), bytes(16)))
    for key in ("session_id", "agent_id", "digest"):
        del content[key]
    assert runtime.digest == "sha256:" + hashlib.sha256(rfc8785.dumps(_doubles(content))).hexdigest()


def _doubles(value: JsonValue) -> JsonValue:
    # The library takes integers up to 2^53 - 1, doubles of any size.
    match value:
        case dict():
            return {key: _doubles(child) for key, child in value.items()}
        case list():
            return [_doubles(child) for child in value]
        case int() if not isinstance(value, bool):
            return float(value)
    return value


@given(merges(), st.randoms())
def test_it_ignores_the_order_of_keys(world: tuple[Catalog, Layers], random: Random) -> None:
    catalog, layers = world
    shuffled = Layers(
        *(
            Layer.of(CapabilityConfig(e.ref, e.config and _shuffled(e.config, random)) for e in named.entries)
            for named in (layers.agent, layers.session, layers.base)
        )
    )
    assert (
        compose(merge(catalog, layers), SETTINGS).digest == compose(merge(catalog, shuffled), SETTINGS).digest
    )


def _shuffled(config: JsonObject, random: Random) -> JsonObject:
    items = [(key, _shuffled(v, random) if isinstance(v, dict) else v) for key, v in config.items()]
    random.shuffle(items)
    return dict(items)


@pytest.mark.parametrize("seed", ["0", "4711"])
def test_it_is_the_same_in_another_process(seed: str) -> None:
    program = """
import tests.unit.test_digest as test
print(test.digest(test.web_fetch({"timeout_ms": 2, "max_bytes": 3, "nonsense": {"a": 1, "b": 2}}),
                  agent=test.layer("skills", "virtual_bash", "session_storage", "gone")))
"""
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": f"{ROOT}:{ROOT / 'generated'}"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True)
    here = digest(
        web_fetch({"timeout_ms": 2, "max_bytes": 3, "nonsense": {"a": 1, "b": 2}}),
        agent=layer("skills", "virtual_bash", "session_storage", "gone"),
    )
    assert done.stdout.decode().strip() == here


CONFIG: JsonObject = {"timeout_ms": 5, "allowed_hosts": ["a.example"], "extra": {"deep": [1, {"er": None}]}}
OTHER_CONFIGS: list[JsonObject] = [
    {},
    {**CONFIG, "timeout_ms": 6},
    {**CONFIG, "timeout_ms": "5"},
    {**CONFIG, "timeout_ms": None},
    {**CONFIG, "timeout_ms": 5.5},
    {**CONFIG, "timeout_ms": True},
    {**CONFIG, "timeout_ms": 1},
    {**CONFIG, "allowed_hosts": []},
    {**CONFIG, "allowed_hosts": ["b.example"]},
    {**CONFIG, "allowed_hosts": ["a.example", "a.example"]},
    {**CONFIG, "extra": {}},
    {**CONFIG, "extra": {"deep": [1, {"er": False}]}},
    {**CONFIG, "extra": {"deep": [1, {}]}},
    {**CONFIG, "extra": {"deep": {"0": 1}}},
    {**CONFIG, "more": {}},
]


def test_it_changes_with_any_leaf() -> None:
    digests = [digest(web_fetch(config)) for config in (CONFIG, *OTHER_CONFIGS)]
    assert len(set(digests)) == len(digests)


def test_it_changes_with_the_layer_that_sets_a_leaf() -> None:
    assert digest(web_fetch(CONFIG)) != digest(layer("web_fetch"), agent=web_fetch(CONFIG))


def test_it_changes_with_whatever_else_a_worker_runs() -> None:
    variants = [
        SETTINGS,
        replace(SETTINGS, agent_prompt="You are quick."),
        replace(SETTINGS, agent_model="n"),
        replace(SETTINGS, session_model="m"),
        replace(SETTINGS, agent_model=None, server_model="m"),
        replace(SETTINGS, agent_model=None),
        replace(SETTINGS, max_iterations=99),
    ]
    digests = [digest(layer("noop"), settings) for settings in variants]
    digests += [digest(layer()), digest(layer("noop", "session")), digest(layer("session", "noop"))]
    assert len(set(digests)) == len(digests)


def test_it_has_the_form_that_the_contract_says() -> None:
    name, _, digits = digest(layer("noop")).partition(":")
    assert (name, len(digits)) == ("sha256", 64)
    assert set(digits) <= set("0123456789abcdef")


def test_integers_up_to_the_largest_are_digested() -> None:
    numbers = [2**53, 2**53 - 1, 2**53 - 2, -(2**53), -(2**53) + 1]
    digests = [digest(web_fetch({"max_bytes": number})) for number in numbers]
    assert len(set(digests)) == len(digests)


def test_a_whole_number_is_the_same_in_either_spelling() -> None:
    assert digest(web_fetch({"max_bytes": 5})) == digest(web_fetch({"max_bytes": 5.0}))
