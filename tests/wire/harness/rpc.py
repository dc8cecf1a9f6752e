"""The rpcs as the contract lists them: their messages, and their REST forms."""

from __future__ import annotations

from dataclasses import dataclass

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from everruns.v1 import (
    agent_service_pb2,
    audit_service_pb2,
    capability_service_pb2,
    key_service_pb2,
    model_service_pb2,
    session_service_pb2,
    turn_service_pb2,
)

_FILES = (
    session_service_pb2.DESCRIPTOR,
    agent_service_pb2.DESCRIPTOR,
    capability_service_pb2.DESCRIPTOR,
    turn_service_pb2.DESCRIPTOR,
    key_service_pb2.DESCRIPTOR,
    audit_service_pb2.DESCRIPTOR,
    model_service_pb2.DESCRIPTOR,
)

METHODS: dict[str, MethodDescriptor] = {
    method.name: method
    for file in _FILES
    for service in file.services_by_name.values()
    for method in service.methods
}
"""Every rpc by its name, which is unique over the services."""

REST: dict[str, tuple[str, str]] = {
    "CreateSession": ("POST", "/v1/sessions"),
    "PreviewSession": ("POST", "/v1/sessions:preview"),
    "ListSessions": ("GET", "/v1/sessions"),
    "GetSession": ("GET", "/v1/sessions/{id}"),
    "UpdateSession": ("PATCH", "/v1/sessions/{id}"),
    "DeleteSession": ("DELETE", "/v1/sessions/{id}"),
    "PinSession": ("PUT", "/v1/sessions/{id}/pin"),
    "UnpinSession": ("DELETE", "/v1/sessions/{id}/pin"),
    "GetSessionStats": ("GET", "/v1/sessions/stats"),
    "GetRuntimeAgent": ("GET", "/v1/sessions/{id}/runtime-agent"),
    "ExplainSession": ("GET", "/v1/sessions/{id}/explain"),
    "CompareSessions": ("GET", "/v1/sessions:compare"),
    "GetSessionDrift": ("GET", "/v1/sessions/{id}/drift"),
    "WatchSessions": ("GET", "/v1/sessions:watch"),
    "CancelTurn": ("POST", "/v1/sessions/{id}/cancel"),
    "UndeleteSession": ("POST", "/v1/sessions/{id}:undelete"),
    "BatchGetSessions": ("GET", "/v1/sessions:batchGet"),
    "BatchCreateSessions": ("POST", "/v1/sessions:batchCreate"),
    "GetTurn": ("GET", "/v1/sessions/{session_id}/turns/{id}"),
    "ListTurns": ("GET", "/v1/sessions/{session_id}/turns"),
    "ApplyAgent": ("POST", "/v1/agents"),
    "GetAgent": ("GET", "/v1/agents/{id}"),
    "ListAgents": ("GET", "/v1/agents"),
    "UpdateAgent": ("PATCH", "/v1/agents/{id}"),
    "DeleteAgent": ("DELETE", "/v1/agents/{id}"),
    "CopyAgent": ("POST", "/v1/agents/{id}/copy"),
    "ExportAgent": ("GET", "/v1/agents/{id}/export"),
    "ImportAgent": ("POST", "/v1/agents/import"),
    "PreviewAgent": ("POST", "/v1/agents/preview"),
    "PreviewAgentUpdate": ("POST", "/v1/agents/{id}/preview"),
    "ListAgentVersions": ("GET", "/v1/agents/{agent_id}/versions"),
    "GetAgentVersion": ("GET", "/v1/agents/{agent_id}/versions/{version}"),
    "DiffAgentVersions": ("GET", "/v1/agents/{agent_id}/versions:diff"),
    "RollbackAgent": ("POST", "/v1/agents/{agent_id}/versions/{version}/rollback"),
    "ListCapabilities": ("GET", "/v1/capabilities"),
    "GetCapability": ("GET", "/v1/capabilities/{id}"),
    "CreateKey": ("POST", "/v1/keys"),
    "ListKeys": ("GET", "/v1/keys"),
    "GetKey": ("GET", "/v1/keys/{id}"),
    "RotateKey": ("POST", "/v1/keys/{id}/rotate"),
    "RevokeKey": ("DELETE", "/v1/keys/{id}"),
    "ListAuditEvents": ("GET", "/v1/audit-events"),
    "ListModels": ("GET", "/v1/models"),
    "GetModel": ("GET", "/v1/models/{id}"),
}
"""Method and path of every rpc that REST has. ApplyAgent with an id is a PUT of that agent."""

HTTP_STATUS = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "ABORTED": 409,
    "RESOURCE_EXHAUSTED": 429,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}

HTTP_STATUS_OF_REASON = {"SESSION_NOT_DELETED": 409, "MESSAGE_TOO_LARGE": 413, "UNSUPPORTED_MEDIA_TYPE": 415}
"""The statuses that the contract gives to a reason apart from its code."""


@dataclass(frozen=True, slots=True)
class Method:
    """One rpc, as a raw call needs it."""

    path: str
    request: type[Message]
    response: type[Message]


def method(name: str) -> Method:
    """The rpc of a name."""
    descriptor = METHODS[name]
    return Method(
        f"/{descriptor.containing_service.full_name}/{name}",
        GetMessageClass(descriptor.input_type),
        GetMessageClass(descriptor.output_type),
    )
