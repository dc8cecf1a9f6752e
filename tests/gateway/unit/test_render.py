from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from everruns.v1 import (
    agent_pb2,
    agent_service_pb2,
    capability_pb2,
    capability_service_pb2,
    runtime_agent_pb2,
    session_pb2,
    session_service_pb2,
)
from gateway.json_value import JsonObject
from gateway.render import render_timestamp, renderer


def render(message: Message) -> JsonObject:
    return renderer(message.DESCRIPTOR)(message)


def test_an_empty_session_has_every_key() -> None:
    assert render(session_pb2.Session()) == {
        "id": None,
        "organization_id": None,
        "agent_id": None,
        "title": None,
        "tags": [],
        "model_id": None,
        "capabilities": [],
        "status": None,
        "features": [],
        "harness_id": None,
        "created_at": None,
        "updated_at": None,
        "is_pinned": False,
        "agent_binding": None,
        "pinned_agent_version": None,
        "created_agent_version": 0,
    }


def test_a_full_session_is_rendered_whole() -> None:
    session = session_pb2.Session(
        id="session_1",
        organization_id="org_1",
        agent_id="agent_1",
        title="",
        tags=["a", ""],
        model_id="gpt-4o",
        capabilities=[
            {"ref": "current_time"},
            {
                "ref": "web_fetch",
                "config": {"timeout_ms": 30000},
                "mode": capability_pb2.CAPABILITY_MODE_EXCLUDE,
                "locked": ["/a"],
            },
        ],
        status=session_pb2.SESSION_STATUS_STARTED,
        features=["file_system"],
        harness_id="harness_1",
        created_at=Timestamp(seconds=1, nanos=1000),
        updated_at=Timestamp(seconds=1767225600, nanos=999_999_999),
        is_pinned=True,
        agent_binding=session_pb2.AGENT_BINDING_PINNED,
        pinned_agent_version=2,
        created_agent_version=1,
    )
    assert render(session) == {
        "id": "session_1",
        "organization_id": "org_1",
        "agent_id": "agent_1",
        "title": "",
        "tags": ["a", ""],
        "model_id": "gpt-4o",
        "capabilities": [
            {"ref": "current_time", "config": None},
            {"ref": "web_fetch", "config": {"timeout_ms": 30000}, "mode": "exclude", "locked": ["/a"]},
        ],
        "status": "started",
        "features": ["file_system"],
        "harness_id": "harness_1",
        "created_at": "1970-01-01T00:00:01.000001Z",
        "updated_at": "2026-01-01T00:00:00.999999Z",
        "is_pinned": True,
        "agent_binding": "pinned",
        "pinned_agent_version": 2,
        "created_agent_version": 1,
    }


def test_a_key_that_is_shown_when_set_is_there_alone() -> None:
    config = capability_pb2.CapabilityConfig(ref="a", locked=[""])
    assert render(config) == {"ref": "a", "config": None, "locked": [""]}
    config = capability_pb2.CapabilityConfig(ref="a", mode=capability_pb2.CAPABILITY_MODE_EXCLUDE)
    assert render(config) == {"ref": "a", "config": None, "mode": "exclude"}


def test_an_empty_config_is_not_a_missing_one() -> None:
    config = capability_pb2.CapabilityConfig(ref="a")
    assert render(config)["config"] is None
    config.config.SetInParent()
    assert render(config)["config"] == {}


def test_numbers_and_flags_are_never_null_without_presence() -> None:
    assert render(agent_pb2.Agent())["max_iterations"] == 0
    assert render(agent_service_pb2.ApplyAgentResponse()) == {"agent": None, "created": False}


def test_a_list_answer_has_the_names_that_the_protos_give() -> None:
    answer = session_service_pb2.ListSessionsResponse(
        sessions=[session_pb2.Session()], total_size=2**53 + 1, skip=3, page_size=20, next_page_token="t"
    )
    tree = render(answer)
    assert list(tree) == ["data", "total", "offset", "limit", "next_page_token"]
    assert orjson.loads(orjson.dumps(tree))["total"] == 2**53 + 1


def test_an_alias_repeats_its_field() -> None:
    answer = capability_service_pb2.ListCapabilitiesResponse(capabilities=[capability_pb2.Capability(id="a")])
    tree = render(answer)
    assert tree["items"] == tree["data"] != []
    assert set(tree) == {"data", "items", "total", "offset", "limit", "next_page_token"}


def test_a_value_that_is_a_newer_servers_is_null() -> None:
    newer = session_pb2.Session.FromString(b"\x40\x63")
    assert newer.status == 99
    assert render(newer)["status"] is None


def test_values_of_any_kind_are_rendered() -> None:
    provenance = runtime_agent_pb2.Provenance(path="/a", layer=runtime_agent_pb2.LAYER_SESSION)
    assert render(provenance) == {"path": "/a", "layer": "session", "value": None, "overridden": []}
    provenance.value.list_value.values.add().number_value = 2
    provenance.overridden.add(layer=runtime_agent_pb2.LAYER_DEFAULT).value.bool_value = False
    assert render(provenance)["value"] == [2]
    assert render(provenance)["overridden"] == [{"layer": "default", "value": False}]


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_has_six_digits_and_is_read_back_the_same(time: datetime) -> None:
    timestamp = Timestamp()
    timestamp.FromDatetime(time)
    text = render_timestamp(timestamp)
    assert text.endswith("Z")
    assert len(text) == len("2026-01-01T00:00:00.000000Z")
    assert datetime.fromisoformat(text) == time


@pytest.mark.parametrize("type_", [FieldDescriptorProto.TYPE_BYTES, FieldDescriptorProto.TYPE_FIXED64])
def test_a_type_without_a_json_form_is_refused_at_planning(
    type_: FieldDescriptorProto.Type.ValueType,
) -> None:
    file = FileDescriptorProto(name="odd.proto", syntax="proto3")
    file.message_type.add(name="Odd").field.add(
        name="odd", number=1, type=type_, label=FieldDescriptorProto.LABEL_OPTIONAL
    )
    pool = DescriptorPool()
    pool.Add(file)
    with pytest.raises(TypeError, match=r"^Odd\.odd has no JSON form"):
        renderer(pool.FindMessageTypeByName("Odd"))
