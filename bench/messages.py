"""The requests that are measured, over gRPC and over REST, and a session of the size that they make."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from google.protobuf import json_format
from google.protobuf.message import Message

from everruns.v1 import runtime_agent_pb2, session_pb2, session_service_pb2

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"

AGENT_ID: Final = "agent_0123456789abcdef0123456789abcdef"
PAGE: Final = 20

CAPABILITIES: Final[Sequence[Json]] = (
    {"ref": "current_time"},
    {"ref": "web_fetch", "config": {"timeout_ms": 30000}},
)


def session(capabilities: Sequence[Json] = CAPABILITIES) -> dict[str, Json]:
    """The published example of a create, as JSON."""
    return {
        "agent_id": AGENT_ID,
        "title": "Research Session",
        "tags": ["research", "web"],
        "model_id": "gpt-4o",
        "capabilities": capabilities,
    }


@dataclass(frozen=True)
class Call:
    """A request. `body` is the message without gRPC's frame, or the JSON; `answer` decodes a gRPC answer."""

    measure: str
    path: str
    body: bytes = b""
    method: str = "POST"
    writes: bool = False
    answer: type[Message] | None = None


def frame(message: bytes) -> bytes:
    """A gRPC message on the wire: not compressed, its length, itself (Length-Prefixed-Message)."""
    return struct.pack(">BI", 0, len(message)) + message


def grpc_create(capabilities: Sequence[Json] = CAPABILITIES, measure: str = "create") -> Call:
    """CreateSession of the example session, with these capabilities."""
    request = session_service_pb2.CreateSessionRequest(session=_spec(capabilities))
    return _grpc(measure, "CreateSession", request, session_pb2.Session, writes=True)


@dataclass(frozen=True)
class Filter:
    """What a list is filtered by: the example's agent, the status that all new sessions have, or both."""

    name: str
    agent_id: str = ""
    status: session_pb2.SessionStatus = session_pb2.SESSION_STATUS_UNSPECIFIED


ALL: Final = Filter("")
FILTERS: Final = (
    ALL,
    Filter(" by agent", AGENT_ID),
    Filter(" by status", status=session_pb2.SESSION_STATUS_STARTED),
    Filter(" by both", AGENT_ID, session_pb2.SESSION_STATUS_STARTED),
)


def grpc_list(filter: Filter = ALL, page_token: str = "", skip: int = 0, measure: str = "list") -> Call:
    """ListSessions: the first page, the one that a token names, or the one after so many sessions."""
    request = session_service_pb2.ListSessionsRequest(
        agent_id=filter.agent_id,
        status=filter.status,
        page_size=PAGE,
        page_token=page_token,
        skip=skip,
    )
    return _grpc(measure, "ListSessions", request, session_service_pb2.ListSessionsResponse)


def grpc_calls(session_id: str) -> tuple[Call, ...]:
    """The five measured methods, reading a session that there is."""
    return (
        grpc_create(),
        _grpc("get", "GetSession", session_service_pb2.GetSessionRequest(id=session_id), session_pb2.Session),
        grpc_list(),
        _grpc(
            "preview",
            "PreviewSession",
            session_service_pb2.PreviewSessionRequest(session=_spec(CAPABILITIES)),
            session_service_pb2.PreviewSessionResponse,
        ),
        _grpc(
            "runtime-agent",
            "GetRuntimeAgent",
            session_service_pb2.GetRuntimeAgentRequest(id=session_id),
            runtime_agent_pb2.RuntimeAgent,
        ),
    )


def rest_calls(session_id: str) -> tuple[Call, ...]:
    """The three measured routes, reading a session that there is."""
    return (
        Call("create", "/v1/sessions", json.dumps(session()).encode(), writes=True),
        Call("get", f"/v1/sessions/{session_id}", method="GET"),
        Call("list", f"/v1/sessions?limit={PAGE}", method="GET"),
    )


def sample_session() -> session_pb2.Session:
    """An answer as CreateSession and GetSession give it, for servers that only echo."""
    answer = session_pb2.Session(
        id="session_0192f3a17c5e7d3e8f0a1b2c3d4e5f60",
        organization_id="org_0192f3a17c5e7d3e8f0a1b2c3d4e5f61",
        status=session_pb2.SESSION_STATUS_STARTED,
        harness_id="harness_00000000000000000000000000000001",
    )
    json_format.ParseDict(session(), answer)
    for moment in (answer.created_at, answer.updated_at):
        moment.FromMicroseconds(1_730_000_000_654_321)
    return answer


def _spec(capabilities: Sequence[Json]) -> session_pb2.SessionSpec:
    spec = session_pb2.SessionSpec()
    json_format.ParseDict(session(capabilities), spec)
    return spec


def _grpc(measure: str, method: str, request: Message, answer: type[Message], writes: bool = False) -> Call:
    path = f"/everruns.v1.SessionService/{method}"
    return Call(measure, path, request.SerializeToString(), writes=writes, answer=answer)
