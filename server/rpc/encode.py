"""The core's values as answers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp

from everruns.v1 import (
    agent_pb2,
    capability_pb2,
    key_pb2,
    model_pb2,
    runtime_agent_pb2,
    session_pb2,
    session_service_pb2,
    turn_pb2,
)
from server.core.agent import Agent, AgentStatus
from server.core.caller import ApiKey, IssuedKey, Scope
from server.core.catalog import Capability, CapabilityStatus
from server.core.effective_config import LayerName, Overridden, Provenance
from server.core.ids import HARNESS_ID, format_id
from server.core.layer import CapabilityConfig, Layer, Mode
from server.core.merge import Merged, Problem, Resolved, Severity, Source
from server.core.model import Model, ModelStatus
from server.core.runtime_agent import ModelSource, RuntimeAgent
from server.core.session import Session, SessionStatus, SessionView
from server.core.turn import Turn, TurnOutcome
from server.rpc.struct_json import to_struct, to_value

# Names of enum values, which messages take in place of numbers.
_SESSION_STATUS = {s: f"SESSION_STATUS_{s.name}" for s in SessionStatus}
_TURN_OUTCOME = {s: f"TURN_OUTCOME_{s.name}" for s in TurnOutcome}
_AGENT_STATUS = {s: f"AGENT_STATUS_{s.name}" for s in AgentStatus}
_CAPABILITY_STATUS = {s: f"CAPABILITY_STATUS_{s.name}" for s in CapabilityStatus}
# An entry that does not exclude leaves its mode unset, as most entries are given.
_MODE = {Mode.INCLUDE: None, Mode.EXCLUDE: "CAPABILITY_MODE_EXCLUDE"}
_LAYER = {s: f"LAYER_{s.name}" for s in LayerName}
_SOURCE = {s: f"CAPABILITY_SOURCE_{s.name}" for s in Source}
_MODEL_SOURCE = {s: f"MODEL_SOURCE_{s.name}" for s in ModelSource}
_SCOPE = {s: f"SCOPE_{s.name}" for s in Scope}
_MODEL_STATUS = {s: f"MODEL_STATUS_{s.name}" for s in ModelStatus}
_SEVERITY = {s: f"SEVERITY_{s.name}" for s in Severity}

_REMEMBERED_TEXT = 4096


def session(view: SessionView) -> session_pb2.Session:
    """A session; one without id and times when it is a preview's."""
    s = view.session
    message = session_pb2.Session(
        organization_id=format_id("org", s.organization_id),
        agent_id=format_id("agent", s.agent_id),
        title=s.title,
        tags=s.tags,
        model_id=s.model_id,
        capabilities=layer_entries(s.capabilities),
        status=_SESSION_STATUS[s.status],
        features=view.features,
        harness_id=HARNESS_ID,
        is_pinned=view.is_pinned,
        agent_binding=binding(s),
        pinned_agent_version=s.pinned_version,
        created_agent_version=s.created_version,
    )
    if s.id:
        message.id = format_id("session", s.id)
        _set_time(message.created_at, s.created_at)
        _set_time(message.updated_at, s.updated_at)
    return message


def binding(session: Session) -> session_pb2.AgentBinding:
    """Which version of its agent a session runs with."""
    if session.pinned_version is None:
        return session_pb2.AGENT_BINDING_LATEST
    return session_pb2.AGENT_BINDING_PINNED


def session_stats(counts: Mapping[SessionStatus, int]) -> session_service_pb2.SessionStats:
    """How many sessions there are, of each status and in all."""
    return session_service_pb2.SessionStats(
        total=sum(counts.values()),
        started=counts.get(SessionStatus.STARTED, 0),
        active=counts.get(SessionStatus.ACTIVE, 0),
        idle=counts.get(SessionStatus.IDLE, 0),
    )


def turn(turn: Turn) -> turn_pb2.Turn:
    """A turn."""
    message = turn_pb2.Turn(
        id=format_id("turn", turn.id),
        session_id=format_id("session", turn.session_id),
        worker=turn.worker,
        fencing_token=turn.token,
        cancel_requested=turn.cancel_requested_at is not None,
        outcome=None if turn.outcome is None else _TURN_OUTCOME[turn.outcome],
        error=turn.error,
    )
    _set_time(message.started_at, turn.started_at)
    if turn.expires_at is not None:
        _set_time(message.lease_expires_at, turn.expires_at)
    if turn.ended_at is not None:
        _set_time(message.ended_at, turn.ended_at)
        message.duration_ms = (turn.ended_at - turn.started_at) // 1000
    return message


def agent(agent: Agent) -> agent_pb2.Agent:
    """An agent; one without times, and perhaps without id, when it is a preview's."""
    message = agent_pb2.Agent(
        id=format_id("agent", agent.id) if agent.id else "",
        organization_id=format_id("org", agent.organization_id),
        name=agent.name,
        display_name=agent.display_name,
        description=agent.description,
        system_prompt=agent.system_prompt,
        default_model_id=agent.default_model_id,
        tags=agent.tags,
        capabilities=layer_entries(agent.capabilities),
        max_iterations=agent.max_iterations,
        status=_AGENT_STATUS[agent.status],
        harness_id=HARNESS_ID,
        version=agent.version,
    )
    if agent.created_at:
        _set_time(message.created_at, agent.created_at)
        _set_time(message.updated_at, agent.updated_at)
    return message


def model(model: Model, changed_at: int) -> model_pb2.Model:
    """A model of a table that was last changed then, in microseconds."""
    message = model_pb2.Model(
        id=model.id,
        name=model.name,
        provider=model.provider,
        description=model.description,
        aliases=model.aliases,
        status=_MODEL_STATUS[model.status],
        provider_id=model.provider,
        source=model_pb2.MODEL_ORIGIN_MANUAL,
        enabled=True,
        healthy=True,
    )
    _set_time(message.created_at, changed_at)
    _set_time(message.updated_at, changed_at)
    return message


def capability(capability: Capability) -> capability_pb2.Capability:
    """An entry of the catalog."""
    return capability_pb2.Capability(
        id=capability.id,
        name=capability.name,
        description=capability.description,
        status=_CAPABILITY_STATUS[capability.status],
        icon=capability.icon,
        category=capability.category,
        dependencies=capability.dependencies,
        features=capability.features,
        conflicts_with=capability.conflicts_with,
        system_prompt=capability.system_prompt,
        tool_definitions=[
            capability_pb2.ToolDefinition(
                name=tool.name, description=tool.description, parameters=to_struct(tool.parameters)
            )
            for tool in capability.tools
        ],
        config_schema=to_struct(capability.config_schema),
        default_config=to_struct(capability.default_config),
    )


def key(key: ApiKey) -> key_pb2.Key:
    """A key, with nothing that opens anything."""
    message = key_pb2.Key(
        id=format_id("key", key.id),
        organization_id=format_id("org", key.organization_id),
        name=key.name,
        scopes=[_SCOPE[scope] for scope in Scope if scope in key.scopes],
    )
    _set_time(message.created_at, key.created_at)
    for timestamp, at in (
        (message.expires_at, key.expires_at),
        (message.last_used_at, key.last_used_at),
        (message.revoked_at, key.revoked_at),
        (message.previous_expires_at, key.previous_expires_at),
    ):
        if at is not None:
            _set_time(timestamp, at)
            timestamp.SetInParent()
    return message


def issued_key(issued: IssuedKey) -> key_pb2.IssuedKey:
    """A key and its secret."""
    return key_pb2.IssuedKey(key=key(issued.key), secret=issued.secret)


def runtime_agent(
    runtime: RuntimeAgent, agent_id: bytes, session_id: bytes | None
) -> runtime_agent_pb2.RuntimeAgent:
    """What a worker runs; without a session id, and perhaps an agent's, when it is a preview's."""
    merged = runtime.merged
    return runtime_agent_pb2.RuntimeAgent(
        session_id=format_id("session", session_id) if session_id else None,
        agent_id=format_id("agent", agent_id) if agent_id else "",
        system_prompt=runtime.system_prompt,
        model=runtime.model,
        model_source=_MODEL_SOURCE[runtime.model_source],
        max_iterations=runtime.max_iterations,
        capabilities=[_resolved(resolved) for resolved in merged.capabilities],
        tools=[
            runtime_agent_pb2.RuntimeTool(
                name=t.tool.name,
                description=t.tool.description,
                parameters=to_struct(t.tool.parameters),
                capability=t.capability,
            )
            for t in merged.tools
        ],
        features=merged.features,
        problems=problems(merged),
        digest=runtime.digest,
    )


def problems(merged: Merged) -> list[runtime_agent_pb2.Problem]:
    """Whatever is wrong with a merge."""
    return [problem(one) for one in merged.problems]


def problem(problem: Problem) -> runtime_agent_pb2.Problem:
    """Something wrong with a session or an agent."""
    return runtime_agent_pb2.Problem(
        reason=problem.reason,
        path=problem.path,
        message=problem.message,
        severity=_SEVERITY[problem.severity],
    )


def _resolved(resolved: Resolved) -> runtime_agent_pb2.ResolvedCapability:
    return runtime_agent_pb2.ResolvedCapability(
        ref=resolved.capability.id,
        config=to_struct(resolved.config),
        source=_SOURCE[resolved.source],
        required_by=resolved.required_by,
        provenance=[_provenance(leaf) for leaf in resolved.provenance],
    )


def _provenance(leaf: Provenance) -> runtime_agent_pb2.Provenance:
    return runtime_agent_pb2.Provenance(
        path=leaf.path,
        layer=_LAYER[leaf.layer],
        value=to_value(leaf.value),
        overridden=[overridden(beaten) for beaten in leaf.overridden],
    )


def overridden(beaten: Overridden) -> runtime_agent_pb2.Overridden:
    """A value that a higher layer beat."""
    return runtime_agent_pb2.Overridden(layer=_LAYER[beaten.layer], value=to_value(beaten.value))


def layer_entries(layer: Layer) -> list[capability_pb2.CapabilityConfig]:
    """The entries of a layer."""
    if not layer.entries:
        return []
    return _layer_remembered(layer) if len(layer.text) <= _REMEMBERED_TEXT else _encode_layer(layer)


def _encode_layer(layer: Layer) -> list[capability_pb2.CapabilityConfig]:
    return [
        capability_pb2.CapabilityConfig(
            ref=entry.ref, config=_config(entry), mode=_MODE[entry.mode], locked=entry.locked
        )
        for entry in layer.entries
    ]


# Messages are copied into the answer, so those remembered are never changed.
_layer_remembered = lru_cache(maxsize=1024)(_encode_layer)


def _config(entry: CapabilityConfig) -> Struct | None:
    return None if entry.config is None else to_struct(entry.config)


def _set_time(timestamp: Timestamp, microseconds: int) -> None:
    seconds, rest = divmod(microseconds, 1_000_000)
    timestamp.seconds = seconds
    timestamp.nanos = rest * 1000
