"""Every limit that the protos state is kept: what is just within it passes, what is just beyond does not."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import orjson
import pytest
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct

from everruns.v1.agent_pb2 import AgentSpec
from everruns.v1.capability_pb2 import CapabilityConfig
from everruns.v1.options_pb2 import FieldLimits
from everruns.v1.session_pb2 import SessionSpec
from everruns.v1.session_service_pb2 import SessionBatch
from server.core.batch import each
from server.core.errors import Reason, ServiceError, Violation
from server.core.json import JsonObject
from server.rpc import decode
from server.rpc.proto_options import is_required, limits
from server.rpc.struct_json import to_struct
from server.rpc.validate import validate
from tests.unit.proto_fields import REQUESTS, Place, places

UUID = "0192f3a1-7c5e-7d3e-8f0a-1b2c3d4e5f60"
JSON_POINTER = r"(/([^/~\x00]|~[01])*)*"
WIDE = "😀"  # a character of four bytes


@dataclass(frozen=True)
class Probe:
    """Values within a limit, and beyond it with the reason of their refusal."""

    within: list[object]
    beyond: list[object]
    reason: Reason


def probe_min_length(place: Place, kept: FieldLimits) -> Probe:
    shortest = kept.min_length
    reason = Reason.INVALID_FIELD
    if not place.field.has_presence and not place.field.is_repeated:
        # A string of proto3 that is empty is one that is not there.
        assert shortest == 1
        reason = Reason.REQUIRED_FIELD_MISSING
    return Probe([one(place, "a" * shortest)], [one(place, "a" * (shortest - 1))], reason)


def probe_max_length(place: Place, kept: FieldLimits) -> Probe:
    longest = kept.max_length
    start = "/" if kept.pattern == JSON_POINTER else ""
    within = [one(place, start + character * (longest - len(start))) for character in ("a", WIDE)]
    beyond = [one(place, character * (longest + 1)) for character in ("a", WIDE)]
    return Probe(within, beyond, Reason.LIMIT_EXCEEDED)


def probe_max_bytes(place: Place, kept: FieldLimits) -> Probe:
    most = kept.max_bytes
    if place.field.message_type is HttpBody.DESCRIPTOR:
        whole, larger = (HttpBody(data=b"x" * size) for size in (most, most + 1))
        return Probe([whole], [larger], Reason.MESSAGE_TOO_LARGE)
    if place.field.message_type is not None:
        return Probe([config_of(most)], [config_of(most + 1)], Reason.LIMIT_EXCEEDED)
    within = [one(place, text) for text in ("a" * most, WIDE * (most // 4))]
    beyond = [one(place, text) for text in ("a" * (most + 1), WIDE * (most // 4) + "a")]
    return Probe(within, beyond, Reason.LIMIT_EXCEEDED)


def probe_max_items(place: Place, kept: FieldLimits) -> Probe:
    def items(count: int) -> list[object]:
        if place.field.enum_type is not None:
            return [1] * count
        if kept.id_of:
            return [f"{kept.id_of}_{number:032x}" for number in range(count)]
        if place.field.message_type is None:
            return [f"/tag {number}" for number in range(count)]
        if place.field.message_type is SessionSpec.DESCRIPTOR:
            return [SessionSpec(agent_name="a")] * count
        return [CapabilityConfig(ref=f"c{number}") for number in range(count)]

    return Probe([items(kept.max_items)], [items(kept.max_items + 1)], Reason.LIMIT_EXCEEDED)


def probe_pattern(place: Place, kept: FieldLimits) -> Probe:
    if kept.pattern == JSON_POINTER:
        within = [one(place, text) for text in ("", "/", "/a/b", "/~0~1", "//a b\n", "/é")]
        beyond = [one(place, text) for text in ("a", "a/b", "/~", "/~2", "/a~", " /a", "#/a")]
        return Probe(within, beyond, Reason.INVALID_FIELD)
    if kept.pattern.startswith("(key|agent|session)_"):
        within = [
            one(place, f"{kind}_{id}") for kind in ("key", "agent", "session") for id in ("A" * 32, UUID)
        ]
        beyond = [one(place, text) for text in (f"turn_{UUID}", UUID, f"agent_{UUID}0", f"key_{'g' * 32}")]
        return Probe(within, beyond, Reason.INVALID_FIELD)
    match = re.fullmatch(r"\[(.+)\]\{1,(\d+)\}", kept.pattern)
    assert match, f"a pattern of another form needs values of its own: {kept.pattern}"
    most = int(match[2])
    fits = [text for text in ("a", "a" * most, "-", "Z", "~", "_.:-") if re.fullmatch(kept.pattern, text)]
    fails = ["a" * (most + 1), "a b", "a\n", " a", "é", "\u0660", "a\u200b"]
    return Probe(
        [one(place, text) for text in fits],
        [one(place, text) for text in fails],
        Reason.INVALID_FIELD,
    )


def probe_minimum(place: Place, kept: FieldLimits) -> Probe:
    # No number is a required one that is missing.
    below = -1 if is_required(place.field) else kept.minimum - 1
    return Probe([kept.minimum], [below], Reason.INVALID_FIELD)


def probe_maximum(place: Place, kept: FieldLimits) -> Probe:
    return Probe([kept.maximum], [kept.maximum + 1], Reason.LIMIT_EXCEEDED)


def probe_id_of(place: Place, kept: FieldLimits) -> Probe:
    kind = kept.id_of
    within = [f"{kind}_{UUID}", f"{kind}_{UUID.replace('-', '')}", f"{kind}_{UUID}".upper()]
    other = "session" if kind == "agent" else "agent"
    beyond = [UUID, f"{other}_{UUID}", f"{kind}_{UUID}0", f"{kind}_{UUID[:-1]}", f"{kind}_", "x", " "]
    return Probe([one(place, id) for id in within], [one(place, id) for id in beyond], Reason.INVALID_ID)


def probe_max_depth(place: Place, kept: FieldLimits) -> Probe:
    deepest = kept.max_depth
    kinds = ("object", "list")
    return Probe(
        [nested(deepest, kind) for kind in kinds],
        [nested(deepest + 1, kind) for kind in kinds],
        Reason.LIMIT_EXCEEDED,
    )


PROBES: dict[str, Callable[[Place, FieldLimits], Probe]] = {
    "min_length": probe_min_length,
    "max_length": probe_max_length,
    "max_bytes": probe_max_bytes,
    "max_items": probe_max_items,
    "pattern": probe_pattern,
    "minimum": probe_minimum,
    "maximum": probe_maximum,
    "id_of": probe_id_of,
    "max_depth": probe_max_depth,
}


def one(place: Place, text: str) -> object:
    """The text as a value of the field, alone in a list if it is one."""
    return [text] if place.field.is_repeated else text


def config_of(size: int) -> Struct:
    """A config of so many bytes of JSON, most of them not ASCII."""
    empty = len(orjson.dumps({"text": "", "n": 30000}))
    text = "é" * ((size - empty) // 2) + "a" * ((size - empty) % 2)
    config: JsonObject = {"text": text, "n": 30000}
    assert len(orjson.dumps(config)) == size
    return to_struct(config)


def nested(levels: int, kind: str) -> Struct:
    """A config of so many levels, itself the first."""
    text = '{"a":' * levels + "1" + "}" * levels if kind == "object" else ""
    text = text or '{"a":' + "[" * (levels - 1) + "1" + "]" * (levels - 1) + "}"
    content: JsonObject = orjson.loads(text)
    return to_struct(content)


def violations(request: Message, place: Place) -> list[Violation]:
    """What is refused of the place's own path; other fields of the request are missing."""

    def collected(check: Callable[[], object]) -> list[Violation]:
        try:
            check()
        except ServiceError as error:
            return [v for v in error.violations if re.fullmatch(_pattern(place), v.field)]
        return []

    found = collected(lambda: validate(request))
    if place.field.message_type is Struct.DESCRIPTOR:
        found += collected(lambda: _decoded(getattr(request, place.way[0].name)))
    return found


def _pattern(place: Place) -> str:
    within = r"([.\[].*)?" if place.field.message_type is Struct.DESCRIPTOR else ""
    item = r"(\[0\])?" if place.field.is_repeated else ""
    return re.escape(place.path) + item + within


def _decoded(spec: Message) -> object:
    match spec:
        case SessionSpec():
            return decode.session_spec(spec)
        case AgentSpec():
            return decode.agent_spec(spec)
        case SessionBatch():
            return each(spec.requests, decode.session_spec)
    raise TypeError(f"nothing decodes {spec.DESCRIPTOR.full_name}")


def _cannot_be_empty(place: Place) -> bool:
    """Whether the empty string is no value of the field, and the field may be left out."""
    return place.is_of_an_update and not place.field.has_presence and not place.field.is_repeated


LIMITED = [
    (place, limit.name)
    for place in places()
    for limit, _ in limits(place.field).ListFields()
    if not (limit.name == "min_length" and _cannot_be_empty(place))
]


@pytest.mark.parametrize(("place", "kind"), LIMITED, ids=[f"{place}-{kind}" for place, kind in LIMITED])
def test_a_limit_is_kept(place: Place, kind: str) -> None:
    probe = PROBES[kind](place, limits(place.field))
    assert probe.within
    for value in probe.within:
        assert violations(place.request_with(value), place) == [], value
    for value in probe.beyond:
        found = violations(place.request_with(value), place)
        assert [violation.reason for violation in found] == [probe.reason], value


def test_every_kind_of_limit_is_probed() -> None:
    kinds = {field.name for field in FieldLimits.DESCRIPTOR.fields}
    assert set(PROBES) == kinds
    assert {kind for _, kind in LIMITED} == kinds


def test_limits_are_on_nothing_but_what_a_request_holds() -> None:
    """One on a message that no request holds would be kept by nobody. What an answer's string identifies
    is no limit on anybody; the REST description says it."""
    files = {request.file for request in REQUESTS}
    files |= {dependency for file in files for dependency in file.dependencies}
    limited = {
        field.full_name
        for file in files
        if file.package == "everruns.v1"
        for message in file.message_types_by_name.values()
        for field in message.fields
        if {limit.name for limit, _ in limits(field).ListFields()} - {"id_of"}
    }
    assert limited
    assert limited <= {place.field.full_name for place, _ in LIMITED}
