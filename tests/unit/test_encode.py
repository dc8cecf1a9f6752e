"""The core's values as messages."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

import pytest
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from hypothesis import given

from everruns.v1 import agent_pb2, capability_pb2, runtime_agent_pb2, session_pb2
from server.core.agent import AgentStatus
from server.core.catalog import Capability, CapabilityStatus
from server.core.effective_config import LayerName
from server.core.merge import Severity, Source
from server.core.runtime_agent import ModelSource
from server.core.session import Session, SessionStatus, SessionView
from server.rpc import decode, encode
from server.rpc.struct_json import StructDecoder
from tests.unit.capabilities import BUILT_IN, layer
from tests.unit.strategies import SESSIONS

KEY = bytes(range(16))
SESSION = Session(
    organization_id=KEY,
    id=KEY,
    agent_id=KEY,
    title=None,
    tags=(),
    model_id=None,
    capabilities=layer(),
    status=SessionStatus.STARTED,
    created_at=1_700_000_000_123_456,
    updated_at=1_700_000_001_000_001,
)

ENUMS: list[tuple[type[StrEnum], EnumTypeWrapper, str]] = [
    (SessionStatus, session_pb2.SessionStatus, "SESSION_STATUS_"),
    (AgentStatus, agent_pb2.AgentStatus, "AGENT_STATUS_"),
    (CapabilityStatus, capability_pb2.CapabilityStatus, "CAPABILITY_STATUS_"),
    (LayerName, runtime_agent_pb2.Layer, "LAYER_"),
    (Source, runtime_agent_pb2.CapabilitySource, "CAPABILITY_SOURCE_"),
    (ModelSource, runtime_agent_pb2.ModelSource, "MODEL_SOURCE_"),
    (Severity, runtime_agent_pb2.Severity, "SEVERITY_"),
]


@pytest.mark.parametrize(("core", "wire", "prefix"), ENUMS, ids=[prefix for _, _, prefix in ENUMS])
def test_the_protos_enums_are_the_cores(core: type[StrEnum], wire: EnumTypeWrapper, prefix: str) -> None:
    of_the_wire = {name.removeprefix(prefix).lower() for name, _ in wire.items()}
    assert of_the_wire - {"unspecified"} == {member.value for member in core}


def test_what_is_unset_stays_unset() -> None:
    message = encode.session(SessionView(SESSION, ()))
    assert not message.HasField("title")
    assert not message.HasField("model_id")
    assert list(message.tags) == list(message.capabilities) == list(message.features) == []


def test_ids_have_their_prefixes_and_times_their_microseconds() -> None:
    message = encode.session(SessionView(SESSION, ("file_system",)))
    assert message.id == f"session_{KEY.hex()}"
    assert message.agent_id == f"agent_{KEY.hex()}"
    assert message.organization_id == f"org_{KEY.hex()}"
    assert message.harness_id == "harness_00000000000000000000000000000001"
    assert message.created_at.ToMicroseconds() == SESSION.created_at
    assert message.updated_at.ToJsonString() == "2023-11-14T22:13:21.000001Z"
    assert list(message.features) == ["file_system"]


def test_a_preview_has_neither_id_nor_times() -> None:
    message = encode.session(SessionView(replace(SESSION, id=b""), ()))
    assert message.id == ""
    assert not message.HasField("created_at")
    assert not message.HasField("updated_at")


def test_no_config_and_an_empty_one_are_two_things() -> None:
    session = replace(SESSION, capabilities=layer("a", ("b", {})))
    without, empty = encode.session(SessionView(session, ())).capabilities
    assert (without.HasField("config"), empty.HasField("config")) == (False, True)


@given(SESSIONS)
def test_a_session_as_answered_could_be_asked_for(session: Session) -> None:
    message = encode.session(SessionView(session, ()))
    spec = session_pb2.SessionSpec(
        agent_id=message.agent_id, tags=message.tags, capabilities=message.capabilities
    )
    if message.HasField("title"):
        spec.title = message.title
    decoded = decode.session_spec(spec)
    assert decoded.agent_id == session.agent_id
    assert decoded.title == session.title
    assert decoded.tags == tuple(dict.fromkeys(session.tags))
    assert decoded.capabilities == session.capabilities


def test_answers_share_nothing_that_one_could_change() -> None:
    view = SessionView(replace(SESSION, capabilities=layer(("a", {"b": 1}))), ())
    encode.session(view).capabilities[0].config["b"] = 2
    assert encode.session(view).capabilities[0].config["b"] == 1


@pytest.mark.parametrize("capability", list(BUILT_IN), ids=lambda capability: capability.id)
def test_a_capability_is_told_whole(capability: Capability) -> None:
    message = encode.capability(capability)
    decoder = StructDecoder(1_000_000, 30)
    assert (message.id, message.name, message.description) == (
        capability.id,
        capability.name,
        capability.description,
    )
    assert capability_pb2.CapabilityStatus.Name(message.status).endswith(capability.status.name)
    assert list(message.dependencies) == list(capability.dependencies)
    assert list(message.features) == list(capability.features)
    assert list(message.conflicts_with) == list(capability.conflicts_with)
    assert (message.system_prompt or None) == capability.system_prompt
    assert message.HasField("icon") is (capability.icon is not None)
    assert decoder.decode(message.config_schema, "", []) == capability.config_schema
    assert decoder.decode(message.default_config, "", []) == capability.default_config
    assert [(t.name, t.description) for t in message.tool_definitions] == [
        (tool.name, tool.description) for tool in capability.tools
    ]
    for sent, tool in zip(message.tool_definitions, capability.tools, strict=True):
        assert decoder.decode(sent.parameters, "", []) == tool.parameters
