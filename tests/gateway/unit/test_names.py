from __future__ import annotations

import pytest

from everruns.v1 import agent_pb2, capability_service_pb2, session_pb2, session_service_pb2
from gateway.names import enum_names, json_name


@pytest.mark.parametrize(
    ("message", "field", "name"),
    [
        (session_pb2.Session, "agent_id", "agent_id"),
        (session_pb2.Session, "title", "title"),
        (session_service_pb2.ListSessionsRequest, "page_size", "limit"),
        (session_service_pb2.ListSessionsRequest, "skip", "offset"),
        (session_service_pb2.ListSessionsRequest, "page_token", "page_token"),
        (session_service_pb2.ListSessionsResponse, "sessions", "data"),
        (session_service_pb2.ListSessionsResponse, "total_size", "total"),
        (session_service_pb2.ListSessionsResponse, "next_page_token", "next_page_token"),
        (capability_service_pb2.ListCapabilitiesResponse, "capabilities", "data"),
    ],
)
def test_a_field_keeps_its_name_unless_the_proto_gives_another(message: type, field: str, name: str) -> None:
    assert json_name(message.DESCRIPTOR.fields_by_name[field]) == name  # type: ignore[attr-defined]


def test_enum_values_lose_their_prefix() -> None:
    assert enum_names(session_pb2.SessionStatus.DESCRIPTOR) == {1: "started", 2: "active", 3: "idle"}
    assert enum_names(agent_pb2.AgentStatus.DESCRIPTOR) == {1: "active", 2: "archived"}
