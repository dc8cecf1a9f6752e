"""The services, put together over a store, a catalog and a table of models."""

from __future__ import annotations

from dataclasses import dataclass

from everruns.v1 import (
    agent_service_pb2,
    audit_service_pb2,
    capability_service_pb2,
    key_service_pb2,
    model_service_pb2,
    session_service_pb2,
    session_transfer_service_pb2,
    turn_service_pb2,
)
from server.core.catalog import Catalog
from server.core.clock import SystemClock
from server.core.environment import Environment, environment_id, environment_text
from server.core.model import ANY_MODEL, ModelTable
from server.core.session import RETENTION
from server.core.store import Store
from server.rpc.agent_service import AgentService
from server.rpc.audit_service import AuditService
from server.rpc.capability_service import CapabilityService
from server.rpc.event_messages import EventMessages
from server.rpc.key_service import KeyService
from server.rpc.model_service import ModelService
from server.rpc.resume_token import ResumeTokens
from server.rpc.session_service import SessionService
from server.rpc.streams import Streams
from server.rpc.transfer_service import SessionTransferService
from server.rpc.turn_service import TurnService
from server.rpc.watch_hub import WatchHub, WatchLimits
from server.usecases.apply_agent import ApplyAgent
from server.usecases.authenticate import Authenticate
from server.usecases.batch_create_sessions import BatchCreateSessions
from server.usecases.batch_get_sessions import BatchGetSessions
from server.usecases.begin_turn import BeginTurn
from server.usecases.cancel_turn import CancelTurn
from server.usecases.compare_sessions import CompareSessions
from server.usecases.copy_agent import CopyAgent
from server.usecases.create_agent import CreateAgent
from server.usecases.create_key import IssueKey
from server.usecases.create_session import CreateSession
from server.usecases.delete_agent import DeleteAgent
from server.usecases.delete_session import DeleteSession
from server.usecases.diff_agent_versions import DiffAgentVersions
from server.usecases.end_turn import EndTurn
from server.usecases.explain_session import ExplainSession
from server.usecases.export_sessions import ExportSessions
from server.usecases.get_agent import GetAgent
from server.usecases.get_agent_version import GetAgentVersion
from server.usecases.get_capability import GetCapability
from server.usecases.get_key import GetKey
from server.usecases.get_model import GetModel
from server.usecases.get_runtime_agent import GetRuntimeAgent
from server.usecases.get_session import GetSession
from server.usecases.get_session_drift import GetSessionDrift
from server.usecases.get_session_stats import GetSessionStats
from server.usecases.get_turn import GetTurn
from server.usecases.heartbeat_turn import HeartbeatTurn
from server.usecases.import_agent import ImportAgent
from server.usecases.import_sessions import ImportSessions
from server.usecases.list_agent_versions import ListAgentVersions
from server.usecases.list_agents import ListAgents
from server.usecases.list_audit_events import ListAuditEvents
from server.usecases.list_capabilities import ListCapabilities
from server.usecases.list_keys import ListKeys
from server.usecases.list_models import ListModels
from server.usecases.list_sessions import ListSessions
from server.usecases.list_turns import ListTurns
from server.usecases.pin_session import PinSession
from server.usecases.preview_agent import PreviewAgent
from server.usecases.preview_agent_update import PreviewAgentUpdate
from server.usecases.preview_session import PreviewSession
from server.usecases.revoke_key import RevokeKey
from server.usecases.rollback_agent import RollbackAgent
from server.usecases.rotate_key import RotateKey
from server.usecases.undelete_session import UndeleteSession
from server.usecases.unpin_session import UnpinSession
from server.usecases.update_agent import UpdateAgent
from server.usecases.update_session import UpdateSession
from server.usecases.watch_sessions import WatchSessions

SESSIONS = session_service_pb2.DESCRIPTOR.services_by_name["SessionService"]
AGENTS = agent_service_pb2.DESCRIPTOR.services_by_name["AgentService"]
CAPABILITIES = capability_service_pb2.DESCRIPTOR.services_by_name["CapabilityService"]
MODELS = model_service_pb2.DESCRIPTOR.services_by_name["ModelService"]
TURNS = turn_service_pb2.DESCRIPTOR.services_by_name["TurnService"]
KEYS = key_service_pb2.DESCRIPTOR.services_by_name["KeyService"]
TRANSFERS = session_transfer_service_pb2.DESCRIPTOR.services_by_name["SessionTransferService"]
AUDIT = audit_service_pb2.DESCRIPTOR.services_by_name["AuditService"]

SERVICES = (SESSIONS, AGENTS, CAPABILITIES, MODELS, TURNS, KEYS, AUDIT)
"""Those whose calls are all of one message each way."""


@dataclass(frozen=True, slots=True)
class Services:
    """The services, ready to be registered or called."""

    sessions: SessionService
    agents: AgentService
    capabilities: CapabilityService
    turns: TurnService
    keys: KeyService
    models: ModelService
    transfers: SessionTransferService
    audit: AuditService


def make_services(
    store: Store,
    catalog: Catalog,
    default_model: str | None,
    models: ModelTable = ANY_MODEL,
    retention: int = RETENTION,
    watch_limits: WatchLimits | None = None,
    streams: Streams | None = None,
) -> Services:
    """The services over a store, a catalog and a table of models; `retention` is that of UndeleteSession."""
    environment, clock = Environment.of(catalog, models, default_model), SystemClock()
    merge, here = environment.merge, environment_id(environment_text(environment))
    watch, resume_tokens = WatchSessions(store, merge), ResumeTokens(store.shared_secret("page tokens"))
    messages = EventMessages(watch, resume_tokens)
    watches = WatchHub(watch, messages, lambda: Authenticate(store.keys), watch_limits, streams)
    get_runtime_agent = GetRuntimeAgent(store, environment)
    explain_session = ExplainSession(get_runtime_agent)
    return Services(
        sessions=SessionService(
            create_session=CreateSession(store, merge, models, clock, here),
            preview_session=PreviewSession(store, merge, models, default_model),
            get_session=GetSession(store, merge),
            list_sessions=ListSessions(store, merge),
            update_session=UpdateSession(store, merge, models, clock),
            delete_session=DeleteSession(store),
            pin_session=PinSession(store),
            unpin_session=UnpinSession(store),
            get_session_stats=GetSessionStats(store),
            get_runtime_agent=get_runtime_agent,
            explain_session=explain_session,
            compare_sessions=CompareSessions(explain_session),
            get_session_drift=GetSessionDrift(store, environment, here),
            cancel_turn=CancelTurn(store, clock),
            watches=watches,
            resume_tokens=resume_tokens,
            undelete_session=UndeleteSession(store, merge, retention),
            batch_get_sessions=BatchGetSessions(store, merge),
            batch_create_sessions=BatchCreateSessions(store, merge, models, clock, here),
        ),
        agents=AgentService(
            create_agent=CreateAgent(store, merge, models, clock),
            apply_agent=ApplyAgent(store, merge, models, clock),
            get_agent=GetAgent(store),
            list_agents=ListAgents(store),
            update_agent=UpdateAgent(store, merge, models, clock),
            delete_agent=DeleteAgent(store, clock),
            copy_agent=CopyAgent(store, clock),
            import_agent=ImportAgent(store, merge, models, clock),
            preview_agent=PreviewAgent(store, merge, models, default_model),
            preview_agent_update=PreviewAgentUpdate(store, environment, clock),
            list_agent_versions=ListAgentVersions(store),
            get_agent_version=GetAgentVersion(store),
            diff_agent_versions=DiffAgentVersions(store),
            rollback_agent=RollbackAgent(store, clock),
        ),
        capabilities=CapabilityService(
            list_capabilities=ListCapabilities(catalog),
            get_capability=GetCapability(catalog),
        ),
        turns=TurnService(
            begin_turn=BeginTurn(store, get_runtime_agent, clock),
            heartbeat_turn=HeartbeatTurn(store, clock),
            end_turn=EndTurn(store, clock),
            get_turn=GetTurn(store),
            list_turns=ListTurns(store),
        ),
        keys=KeyService(
            create_key=IssueKey(store, clock),
            get_key=GetKey(store),
            list_keys=ListKeys(store),
            rotate_key=RotateKey(store, clock),
            revoke_key=RevokeKey(store, clock),
        ),
        models=ModelService(list_models=ListModels(models), get_model=GetModel(models)),
        transfers=SessionTransferService(ExportSessions(store), ImportSessions(store), clock),
        audit=AuditService(ListAuditEvents(store)),
    )
