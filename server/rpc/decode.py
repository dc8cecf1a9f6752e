"""Requests as the core's values. Messages are validated before; what is left to refuse is raised here."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import TypeVar

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from everruns.v1 import (
    agent_impact_pb2,
    agent_pb2,
    agent_service_pb2,
    capability_pb2,
    key_pb2,
    session_event_pb2,
    session_pb2,
    session_service_pb2,
    turn_pb2,
    turn_service_pb2,
)
from server.core.agent import DEFAULT_MAX_ITERATIONS, AgentFilter, AgentSpec
from server.core.batch import each
from server.core.caller import KeySpec, Scope
from server.core.errors import Reason, Violation, invalid, invalid_field
from server.core.ids import parse_id
from server.core.layer import EMPTY, CapabilityConfig, Layer, Mode
from server.core.session import Pin, SessionFilter, SessionSpec, SessionStatus
from server.core.session_event import WatchFilter
from server.core.turn import DEFAULT_LEASE, TurnOutcome
from server.rpc.proto_options import fields_of, is_required, limits
from server.rpc.struct_json import StructDecoder
from server.usecases.begin_turn import NewTurn
from server.usecases.changed_agent import AgentUpdate
from server.usecases.held_turn import HeldTurn

_CONFIG_LIMITS = limits(fields_of(capability_pb2.CapabilityConfig)["config"])
_CONFIG = StructDecoder(_CONFIG_LIMITS.max_bytes, _CONFIG_LIMITS.max_depth)
_SESSION_STATUS = {
    session_pb2.SESSION_STATUS_STARTED: SessionStatus.STARTED,
    session_pb2.SESSION_STATUS_ACTIVE: SessionStatus.ACTIVE,
    session_pb2.SESSION_STATUS_IDLE: SessionStatus.IDLE,
}
_MODE = {
    capability_pb2.CAPABILITY_MODE_UNSPECIFIED: Mode.INCLUDE,
    capability_pb2.CAPABILITY_MODE_INCLUDE: Mode.INCLUDE,
    capability_pb2.CAPABILITY_MODE_EXCLUDE: Mode.EXCLUDE,
}
_TURN_OUTCOME = {
    turn_pb2.TURN_OUTCOME_COMPLETED: TurnOutcome.COMPLETED,
    turn_pb2.TURN_OUTCOME_FAILED: TurnOutcome.FAILED,
    turn_pb2.TURN_OUTCOME_CANCELLED: TurnOutcome.CANCELLED,
}
_SCOPE = {
    key_pb2.SCOPE_READ: Scope.READ,
    key_pb2.SCOPE_WRITE: Scope.WRITE,
    key_pb2.SCOPE_WORKER: Scope.WORKER,
    key_pb2.SCOPE_ADMIN: Scope.ADMIN,
}
_LAST_SECOND = 253_402_300_799
_PIN_FIELDS = frozenset({"agent_binding", "pinned_agent_version"})
"""Which both say what SessionSpec.pin does."""

_EXPIRY_FIELDS = frozenset({"expires_at", "ttl_seconds"})
SESSION_FIELDS = frozenset({"title", "tags", "model_id", "capabilities"}) | _PIN_FIELDS | _EXPIRY_FIELDS
"""What can be changed of a session."""

AGENT_FIELDS = frozenset(agent_pb2.AgentSpec.DESCRIPTOR.fields_by_name) - {"id"}
"""What can be changed of an agent."""

M = TypeVar("M", session_pb2.SessionSpec, agent_pb2.AgentSpec)


def new_session(message: session_pb2.SessionSpec) -> SessionSpec:
    """The spec of a new session. Raises REQUIRED_FIELD_MISSING and INVALID_FIELD for its agent."""
    if message.agent_id and message.agent_name:
        raise invalid_field("agent_name", "must not be given along with agent_id")
    if not message.agent_id and not message.agent_name:
        reason = Reason.REQUIRED_FIELD_MISSING
        raise invalid_field("agent_id", "is required, or agent_name", reason)
    return session_spec(message)


def session_spec(message: session_pb2.SessionSpec) -> SessionSpec:
    """What the message sets of a session. Raises violations of its configs and of when it expires."""
    return SessionSpec(
        agent_id=parse_id("agent", message.agent_id) if message.agent_id else None,
        agent_name=message.agent_name or None,
        title=message.title if message.HasField("title") else None,
        tags=tuple(dict.fromkeys(message.tags)),
        model_id=message.model_id if message.HasField("model_id") else None,
        capabilities=_layer(message.capabilities),
        pin=_pin(message),
        **_expiry(message),
    )


def session_ids(message: session_service_pb2.BatchGetSessionsRequest) -> list[bytes]:
    """The ids of sessions to read."""
    return [parse_id("session", id) for id in message.ids]


def session_batch(message: session_service_pb2.SessionBatch) -> list[SessionSpec]:
    """The specs of new sessions. Raises what `new_session` raises, by place."""
    return each(message.requests, new_session)


def session_changes(message: session_service_pb2.UpdateSessionRequest) -> frozenset[str]:
    """The fields of SessionSpec that an update changes. Raises as `changed_fields`."""
    mask = message.update_mask if message.HasField("update_mask") else None
    fields = changed_fields(mask, message.session, SESSION_FIELDS)
    return fields - _PIN_FIELDS | {"pin"} if fields & _PIN_FIELDS else fields


def _pin(message: session_pb2.SessionSpec) -> Pin | None:
    if message.HasField("pinned_agent_version"):
        if message.agent_binding == session_pb2.AGENT_BINDING_LATEST:
            text = "must not be given where the session is to follow the latest version"
            raise invalid_field("pinned_agent_version", text)
        return Pin(message.pinned_agent_version)
    return Pin() if message.agent_binding == session_pb2.AGENT_BINDING_PINNED else None


def agent_update(
    message: agent_service_pb2.UpdateAgentRequest | agent_impact_pb2.PreviewAgentUpdateRequest,
    organization_id: bytes,
) -> AgentUpdate:
    """What an update changes of an agent. Raises as `changed_fields`, and violations of configs."""
    mask = message.update_mask if message.HasField("update_mask") else None
    fields = changed_fields(mask, message.agent, AGENT_FIELDS)
    return AgentUpdate(organization_id, parse_id("agent", message.id), agent_spec(message.agent), fields)


def agent_spec(message: agent_pb2.AgentSpec) -> AgentSpec:
    """What the message sets of an agent. Raises violations of its configs."""
    return AgentSpec(
        name=message.name,
        system_prompt=message.system_prompt,
        id=parse_id("agent", message.id) if message.id else None,
        display_name=message.display_name if message.HasField("display_name") else None,
        description=message.description if message.HasField("description") else None,
        default_model_id=message.default_model_id if message.HasField("default_model_id") else None,
        tags=tuple(dict.fromkeys(message.tags)),
        capabilities=_layer(message.capabilities),
        max_iterations=message.max_iterations or DEFAULT_MAX_ITERATIONS,
    )


def key_spec(message: key_pb2.KeySpec) -> KeySpec:
    """What the message sets of a key. Raises INVALID_FIELD for a time that there is not."""
    return KeySpec(
        name=message.name,
        scopes=frozenset(_SCOPE[scope] for scope in message.scopes),
        expires_at=_time("expires_at", message.expires_at) if message.HasField("expires_at") else None,
    )


def session_filter(message: session_service_pb2.ListSessionsRequest) -> SessionFilter:
    """Which sessions a list holds."""
    return SessionFilter(
        agent_id=parse_id("agent", message.agent_id) if message.agent_id else None,
        search=message.search,
        tags=tuple(dict.fromkeys(message.tags)),
        status=_SESSION_STATUS[message.status] if message.status else None,
        created_after=microseconds(message.created_after) if message.HasField("created_after") else None,
        created_before=microseconds(message.created_before) if message.HasField("created_before") else None,
        pinned=message.pinned,
    )


def watch_filter(message: session_event_pb2.WatchSessionsRequest) -> WatchFilter:
    """Which sessions a watcher is told of."""
    return WatchFilter(
        agent_id=parse_id("agent", message.agent_id) if message.agent_id else None,
        tags=tuple(dict.fromkeys(message.tags)),
        status=_SESSION_STATUS[message.status] if message.status else None,
        ids=frozenset(parse_id("session", id) for id in message.session_ids),
    )


def agent_filter(message: agent_service_pb2.ListAgentsRequest) -> AgentFilter:
    """Which agents a list holds."""
    return AgentFilter(search=message.search, include_archived=message.include_archived)


def new_turn(message: turn_service_pb2.BeginTurnRequest) -> NewTurn:
    """What a worker asks for."""
    session_id = parse_id("session", message.session_id)
    return NewTurn(session_id, message.worker, lease(message) or DEFAULT_LEASE, message.request_id)


def lease(message: turn_service_pb2.BeginTurnRequest | turn_service_pb2.HeartbeatTurnRequest) -> int | None:
    """How long a lease is to last, in microseconds; None where nothing is said."""
    return message.lease_seconds * 1_000_000 if message.HasField("lease_seconds") else None


def held_turn(message: turn_service_pb2.HeartbeatTurnRequest | turn_service_pb2.EndTurnRequest) -> HeldTurn:
    """The turn that a worker says it runs."""
    session_id, id = parse_id("session", message.session_id), parse_id("turn", message.id)
    return HeldTurn(session_id, id, message.fencing_token)


def turn_outcome(message: turn_service_pb2.EndTurnRequest) -> tuple[TurnOutcome, str | None]:
    """How a worker ended a turn, and why if it failed. Raises INVALID_FIELD."""
    outcome = _TURN_OUTCOME.get(message.outcome)
    if outcome is None:
        raise invalid_field("outcome", "is not one that a worker gives: leases expire by themselves")
    if not message.HasField("error"):
        return outcome, None
    if outcome is not TurnOutcome.FAILED:
        raise invalid_field("error", "must not be given unless the outcome is that the turn failed")
    return outcome, message.error


def changed_fields(mask: FieldMask | None, spec: M, changeable: frozenset[str]) -> frozenset[str]:
    """The fields that an update changes: those of the mask, or without one those set in the spec.

    Raises INVALID_UPDATE_MASK for a path that the spec has not, IMMUTABLE_FIELD for one that cannot
    be changed, REQUIRED_FIELD_MISSING for one that cannot be cleared (AIP-134).
    """
    if mask is None or not mask.paths:
        paths: Iterable[str] = [field.name for field, _ in spec.ListFields()]
    elif list(mask.paths) == ["*"]:
        paths = changeable
    else:
        paths = mask.paths
    fields = fields_of(spec)
    wrong = [_wrong_path(path, fields) for path in paths if path not in changeable]
    wrong += [
        Violation(path, "is required", Reason.REQUIRED_FIELD_MISSING)
        for path in paths
        if path in changeable and is_required(fields[path]) and not getattr(spec, path)
    ]
    if wrong:
        raise invalid(wrong)
    return frozenset(paths)


def microseconds(bound: Timestamp) -> int:
    """The first whole microsecond, of which sessions are created, that is not before the bound."""
    return bound.seconds * 1_000_000 + (bound.nanos + 999) // 1000


def _wrong_path(path: str, fields: Container[str]) -> Violation:
    if path in fields:
        return Violation(path, "cannot be changed", Reason.IMMUTABLE_FIELD)
    text = f'there is no field "{path[:80]}" to change'
    return Violation("update_mask", text, Reason.INVALID_UPDATE_MASK)


def _time(path: str, message: Timestamp) -> int:
    """Microseconds since 1970. Raises INVALID_FIELD before that, and after the year 9999."""
    if not 0 <= message.seconds <= _LAST_SECOND or not 0 <= message.nanos < 1_000_000_000:
        raise invalid_field(path, "must be a time from the years 1970 to 9999")
    return message.seconds * 1_000_000 + message.nanos // 1000


def _expiry(message: session_pb2.SessionSpec) -> dict[str, int]:
    if not message.HasField("expires_at"):
        return {"ttl_seconds": message.ttl_seconds} if message.HasField("ttl_seconds") else {}
    return {"expires_at": _time("expires_at", message.expires_at)}


def _layer(messages: Iterable[capability_pb2.CapabilityConfig]) -> Layer:
    violations: list[Violation] = []
    entries = [
        CapabilityConfig(
            message.ref,
            _CONFIG.decode(message.config, f"capabilities[{index}].config", violations)
            if message.HasField("config")
            else None,
            _MODE[message.mode],
            tuple(dict.fromkeys(message.locked)),
        )
        for index, message in enumerate(messages)
    ]
    if violations:
        raise invalid(violations)
    return Layer.of(entries) if entries else EMPTY
