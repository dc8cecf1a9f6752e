"""The composition root: settings, then a store, use cases, services, and a server of them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from server.catalog.load import load_catalog
from server.catalog.models import load_models
from server.chores import chores
from server.core.caller import Scope
from server.core.clock import SystemClock
from server.core.environment import Environment, environment_id, environment_text
from server.core.errors import Reason, ServiceError
from server.core.meters import Meters
from server.core.quota import NO_QUOTAS, Quotas
from server.core.session import DAY
from server.core.spans import Spans
from server.core.store import Store
from server.core.token_buckets import TokenBuckets
from server.executor import Threads
from server.metrics import Metrics
from server.rpc.admission import Admission
from server.rpc.calls import LARGEST_MESSAGE, Calls, admit_all
from server.rpc.journal import Journal
from server.rpc.page_token import PageTokens
from server.rpc.reflection import add_reflection
from server.rpc.request_threads import RequestThreads
from server.rpc.services import add_service
from server.rpc.streams import CountedHealth, Streams
from server.rpc.transfer_service import Transfers
from server.rpc.watch_hub import WatchHub, WatchLimits
from server.services import (
    AGENTS,
    AUDIT,
    CAPABILITIES,
    KEYS,
    MODELS,
    SERVICES,
    SESSIONS,
    TRANSFERS,
    TURNS,
    make_services,
)
from server.settings import BadSetting, Settings
from server.store.migrate import migrate
from server.store.peewee_store import PeeweeStore, open_dialect
from server.sweeper import Sweeper
from server.usecases.authenticate import Authenticate
from server.usecases.denials import Denials
from server.usecases.key_rate import KeyRate
from server.usecases.key_uses import KeyUses

if TYPE_CHECKING:
    from server.rpc.tracing import Tracing

CONNECTION_GRACE = 60
"""How long, in seconds, calls have to finish on a connection that has reached its age."""

KEEPALIVE_SECONDS = 60
"""After how long a silent client is asked whether it is there, and how long it has to say so."""

NO_BOUND = 2**31 - 1

MOST_STREAMS = 1_000
"""How many calls a connection may have open; a client keeps more waiting by itself."""


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
    sweeper = Sweeper(chores(settings, store, retention))
    return App(server, servicer, store, key_uses, denials, calls, threads, metrics, sweeper, watches, tracing)


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
