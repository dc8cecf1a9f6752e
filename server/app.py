"""The composition root: settings, then a store, use cases, services, and a server of them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

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
from server.catalog.load import load_catalog
from server.catalog.models import load_models
from server.core.caller import Scope
from server.core.catalog import Catalog
from server.core.clock import SystemClock
from server.core.environment import Environment, environment_id, environment_text
from server.core.errors import Reason, ServiceError
from server.core.meters import Meters
from server.core.model import ANY_MODEL, ModelTable
from server.core.quota import NO_QUOTAS, Quotas
from server.core.session import DAY, RETENTION
from server.core.spans import Spans
from server.core.store import Store
from server.core.token_buckets import TokenBuckets
from server.executor import Threads
from server.metrics import Metrics
from server.rpc.admission import Admission
from server.rpc.agent_service import AgentService
from server.rpc.audit_service import AuditService
from server.rpc.calls import LARGEST_MESSAGE, Calls, admit_all
from server.rpc.capability_service import CapabilityService
from server.rpc.event_messages import EventMessages
from server.rpc.journal import Journal
from server.rpc.key_service import KeyService
from server.rpc.model_service import ModelService
from server.rpc.page_token import PageTokens
from server.rpc.reflection import add_reflection
from server.rpc.request_threads import RequestThreads
from server.rpc.resume_token import ResumeTokens
from server.rpc.services import add_service
from server.rpc.session_service import SessionService
from server.rpc.streams import CountedHealth, Streams
from server.rpc.transfer_service import SessionTransferService, Transfers
from server.rpc.turn_service import TurnService
from server.rpc.watch_hub import WatchHub, WatchLimits
from server.settings import BadSetting, Settings
from server.store.migrate import migrate
from server.store.peewee_store import PeeweeStore, open_dialect
from server.sweeper import Chore, Sweeper
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
from server.usecases.denials import Denials
from server.usecases.diff_agent_versions import DiffAgentVersions
from server.usecases.end_expired_turns import EndExpiredTurns
from server.usecases.end_turn import EndTurn
from server.usecases.explain_session import ExplainSession
from server.usecases.export_sessions import ExportSessions
from server.usecases.forget_events import ForgetEvents, KeptEvents
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
from server.usecases.hide_expired_sessions import HideExpiredSessions
from server.usecases.import_agent import ImportAgent
from server.usecases.import_sessions import ImportSessions
from server.usecases.key_rate import KeyRate
from server.usecases.key_uses import KeyUses
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
from server.usecases.prune_audit import PruneAudit
from server.usecases.purge_sessions import PurgeSessions
from server.usecases.revoke_key import RevokeKey
from server.usecases.rollback_agent import RollbackAgent
from server.usecases.rotate_key import RotateKey
from server.usecases.undelete_session import UndeleteSession
from server.usecases.unpin_session import UnpinSession
from server.usecases.update_agent import UpdateAgent
from server.usecases.update_session import UpdateSession
from server.usecases.watch_sessions import WatchSessions

if TYPE_CHECKING:
    from server.rpc.tracing import Tracing

SESSIONS = session_service_pb2.DESCRIPTOR.services_by_name["SessionService"]
AGENTS = agent_service_pb2.DESCRIPTOR.services_by_name["AgentService"]
CAPABILITIES = capability_service_pb2.DESCRIPTOR.services_by_name["CapabilityService"]
MODELS = model_service_pb2.DESCRIPTOR.services_by_name["ModelService"]
TURNS = turn_service_pb2.DESCRIPTOR.services_by_name["TurnService"]
KEYS = key_service_pb2.DESCRIPTOR.services_by_name["KeyService"]
TRANSFERS = session_transfer_service_pb2.DESCRIPTOR.services_by_name["SessionTransferService"]
AUDIT = audit_service_pb2.DESCRIPTOR.services_by_name["AuditService"]
CONNECTION_GRACE = 60
"""How long, in seconds, calls have to finish on a connection that has reached its age."""

KEEPALIVE_SECONDS = 60
"""After how long a silent client is asked whether it is there, and how long it has to say so."""

NO_BOUND = 2**31 - 1

SERVICES = (SESSIONS, AGENTS, CAPABILITIES, MODELS, TURNS, KEYS, AUDIT)
"""Those whose calls are all of one message each way."""


AUDIT_PRUNED_EVERY = 3600.0
"""The most seconds between two looks for audit events that are too old."""

MOST_STREAMS = 1_000
"""How many calls a connection may have open; a client keeps more waiting by itself."""


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


@dataclass(frozen=True, slots=True)
class App:
    """A server that is not started, and what it holds."""

    server: grpc.Server
    health: health.HealthServicer
    store: Store
    key_uses: KeyUses
    denials: Denials
    calls: Calls
    threads: tuple[Threads, ...]
    metrics: Metrics | None
    """None where nobody is to ask for them."""
    sweeper: Sweeper
    watches: WatchHub
    tracing: Tracing | None


def open_store(
    settings: Settings,
    meters: Meters | None = None,
    quotas: Quotas = NO_QUOTAS,
    spans: Spans | None = None,
) -> PeeweeStore:
    """The store of the settings, its schema up to date; what it does is counted in the meters, and in
    spans.

    Raises ValueError for a database URL of an unknown kind, and what `migrate` raises.
    """
    if settings.database_url.startswith("sqlite:"):
        try:
            settings.data_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            text = f"the directory {settings.data_dir} cannot be made: {error.strerror}"
            raise ServiceError(Reason.STORE_UNAVAILABLE, text) from error
    dialect = open_dialect(settings.database_url, settings.postgres_prepare)
    migrate(dialect)
    # A call that is let in finds room in the queue.
    longest_queue = settings.most_calls
    return PeeweeStore(
        dialect,
        longest_queue,
        settings.group_size,
        meters,
        notify=settings.postgres_notify,
        quotas=quotas,
        spans=spans,
    )


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


def build(settings: Settings) -> App:
    """The server of the settings, with its store open.

    Raises what `open_store`, `load_catalog` and `load_models` raise.
    """
    catalog, models = load_catalog(settings.catalog_dir), load_models(settings.models_file)
    meters = None if settings.metrics_port is None else Meters()
    tracing = _tracing(settings)
    store = open_store(settings, meters, settings.quotas, tracing)
    here = environment_text(Environment.of(catalog, models, settings.default_model))
    store.environments.keep(environment_id(here), here)
    streams = Streams()
    limits = WatchLimits(settings.watchers, settings.watch_backlog, settings.watch_bookmark_seconds)
    retention = settings.deleted_retention_days * DAY
    services = make_services(store, catalog, settings.default_model, models, retention, limits, streams)
    watches = services.sessions.watches
    admission = Admission(settings.most_calls, settings.most_calls_of_key or settings.most_calls // 2 or 1)
    patient = RequestThreads(settings.threads, "patient", admission)
    quick = RequestThreads(settings.quick_threads, "quick", admission)
    server = grpc.server(
        patient,
        options=[
            ("grpc.so_reuseport", int(settings.share_port)),
            # A little more than a request may have, so that one too large is refused by name.
            ("grpc.max_receive_message_length", 4 * LARGEST_MESSAGE),
            ("grpc.max_metadata_size", 16 * 1024),
            ("grpc.absolute_max_metadata_size", 32 * 1024),
            # So that a client cannot have any number of calls begun.
            ("grpc.max_concurrent_streams", MOST_STREAMS),
            ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
            # A client that is gone without a word is found out, and its connection closed.
            ("grpc.keepalive_time_ms", KEEPALIVE_SECONDS * 1000),
            ("grpc.keepalive_timeout_ms", KEEPALIVE_SECONDS * 1000),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.max_allowed_incoming_connections", settings.most_connections),
            # What a process cannot keep up with gRPC would end as CANCELLED, as if its client had wished so.
            ("grpc.server.max_pending_requests", NO_BOUND),
            ("grpc.server.max_pending_requests_hard_limit", NO_BOUND),
            *_connection_age(settings.max_connection_age),
        ],
    )
    key_uses = KeyUses(store.keys, SystemClock())
    tokens = PageTokens(store.shared_secret("page tokens"))
    denials = Denials(store.audit, SystemClock())
    key_rate = _key_rate(settings)
    calls = Calls(
        Authenticate(store.keys, key_uses.note),
        quick,
        Journal(settings.log_calls, meters, denials),
        tokens,
        KeyRate(key_rate) if key_rate else admit_all,
        settings.call_seconds,
        tracing,
    )
    add_service(server, calls, SESSIONS, services.sessions)
    add_service(server, calls, AGENTS, services.agents)
    add_service(server, calls, CAPABILITIES, services.capabilities)
    add_service(server, calls, KEYS, services.keys, Scope.ADMIN)
    add_service(server, calls, AUDIT, services.audit, Scope.ADMIN)
    add_service(server, calls, TURNS, services.turns)
    add_service(server, calls, MODELS, services.models)
    Transfers(calls, services.transfers).add_to(server)
    names = [descriptor.full_name for descriptor in (*SERVICES, TRANSFERS)]
    servicer = CountedHealth(streams)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    if settings.reflection:
        add_reflection(server, [*names, health.SERVICE_NAME])
    for name in ("", *names):
        servicer.set(name, health_pb2.HealthCheckResponse.SERVING)
    threads = patient, quick
    kind = settings.database_url.partition(":")[0]
    metrics = Metrics(meters, store, threads, streams, watches, kind, admission, key_rate) if meters else None
    sweeper = Sweeper(_chores(settings, store, retention))
    return App(server, servicer, store, key_uses, denials, calls, threads, metrics, sweeper, watches, tracing)


def _chores(settings: Settings, store: Store, retention: int) -> list[Chore]:
    clock, kept = SystemClock(), KeptEvents(settings.events_kept_seconds, settings.events_kept)
    chores = [
        Chore("writing down that leases have run out", EndExpiredTurns(store.turns), "leases have run out"),
        Chore(
            "taking away sessions that have expired",
            HideExpiredSessions(store.sessions),
            "sessions have expired",
        ),
        Chore("removing deleted sessions for good", PurgeSessions(store.sessions, retention)),
        Chore("forgetting old events", ForgetEvents(store.session_events, clock, kept)),
    ]
    if settings.audit_days:
        prune = PruneAudit(store, clock, settings.audit_days)
        told = "audit events were older than is kept, and are gone"
        chores.append(Chore("removing old audit events", prune, told, every=AUDIT_PRUNED_EVERY))
    return chores


def _tracing(settings: Settings) -> Tracing | None:
    if settings.otlp_endpoint is None:
        return None
    try:
        # Imported where it is used: it needs the extra `otel`.
        from server.rpc.tracing import Tracing
    except ImportError as error:
        raise BadSetting(f"EVERRUNS_OTLP_ENDPOINT: needs the extra otel: {error}") from error
    return Tracing(settings.otlp_endpoint)


def _key_rate(settings: Settings) -> TokenBuckets | None:
    rate, burst = settings.key_rate, settings.key_burst
    return None if rate is None else TokenBuckets(rate, burst or rate)


def _connection_age(seconds: int) -> list[tuple[str, int]]:
    """The options with which a connection ends at about this age, so that its client connects anew and may
    reach another process; calls in flight then have CONNECTION_GRACE to finish."""
    if seconds == 0:
        return []
    return [
        ("grpc.max_connection_age_ms", seconds * 1000),
        ("grpc.max_connection_age_grace_ms", CONNECTION_GRACE * 1000),
    ]
