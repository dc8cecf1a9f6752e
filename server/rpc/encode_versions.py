"""Versions of agents, and what they do to sessions, as answers."""

from __future__ import annotations

from collections.abc import Iterable

from everruns.v1 import agent_impact_pb2, agent_version_pb2, session_drift_pb2
from server.core.agent_version import AgentChange, AgentVersion
from server.core.drift import DriftSource
from server.core.ids import format_id
from server.rpc.encode import agent, binding, layer_entries, problem
from server.rpc.encode_explanation import compared
from server.rpc.struct_json import to_value
from server.usecases.compare_sessions import ComparedSessions
from server.usecases.explain_session import ExplainedSession
from server.usecases.get_session_drift import DriftedSession
from server.usecases.preview_agent_update import AgentUpdatePreview, SessionImpact

_DRIFT_SOURCE = {s: f"DRIFT_SOURCE_{s.name}" for s in DriftSource}


def agent_version(version: AgentVersion) -> agent_version_pb2.AgentVersion:
    """A version of an agent."""
    message = agent_version_pb2.AgentVersion(
        agent_id=format_id("agent", version.agent_id),
        version=version.number,
        name=version.name,
        display_name=version.display_name,
        description=version.description,
        system_prompt=version.system_prompt,
        default_model_id=version.default_model_id,
        tags=version.tags,
        capabilities=layer_entries(version.capabilities),
        max_iterations=version.max_iterations,
    )
    message.created_at.FromMicroseconds(version.created_at)
    return message


def agent_version_diff(
    agent_id: bytes, old: int, new: int, changes: Iterable[AgentChange]
) -> agent_version_pb2.AgentVersionDiff:
    """What differs between two versions of an agent, by their numbers."""
    return agent_version_pb2.AgentVersionDiff(
        agent_id=format_id("agent", agent_id),
        from_version=old,
        to_version=new,
        changes=map(_change, changes),
    )


def drift(found: DriftedSession) -> session_drift_pb2.SessionDrift:
    """What a session runs with now and did not when it was created."""
    session, drift = found.session, found.drift
    then, now = ExplainedSession(session, drift.then), ExplainedSession(session, drift.now)
    return session_drift_pb2.SessionDrift(
        session_id=format_id("session", session.id),
        agent_id=format_id("agent", session.agent_id),
        created_agent_version=session.created_version,
        current_agent_version=found.current_version,
        latest_agent_version=found.latest_version,
        agent_binding=binding(session),
        server_recorded=found.environment_known,
        sources=[_DRIFT_SOURCE[source] for source in drift.sources],
        agent_changes=map(_change, drift.agent_changes),
        changed_capabilities=drift.changed_capabilities,
        differences=compared(ComparedSessions(then, now, drift.comparison)),
    )


def agent_update_preview(
    preview: AgentUpdatePreview, size: int, token: str | None
) -> agent_impact_pb2.PreviewAgentUpdateResponse:
    """An agent as it would be, and a page of the sessions that would change, of at most `size`."""
    impacts = [found.impact for found in preview.impacts]
    return agent_impact_pb2.PreviewAgentUpdateResponse(
        agent=agent(preview.agent),
        sessions=map(_impact, preview.impacts),
        total_size=preview.total,
        examined=preview.examined,
        changed=len(impacts),
        broken=sum(impact.is_broken for impact in impacts),
        stripped=sum(bool(impact.lost_features) for impact in impacts),
        page_size=size,
        next_page_token=token,
    )


def _impact(found: SessionImpact) -> agent_impact_pb2.SessionImpact:
    return agent_impact_pb2.SessionImpact(
        session_id=format_id("session", found.session_id),
        digest=found.impact.digest,
        new_digest=found.impact.new_digest,
        problems=map(problem, found.impact.problems),
        lost_features=found.impact.lost_features,
    )


def _change(change: AgentChange) -> agent_version_pb2.AgentChange:
    return agent_version_pb2.AgentChange(
        path=change.path, old_value=to_value(change.old), new_value=to_value(change.new)
    )
