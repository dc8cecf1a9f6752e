"""What a server sees to by itself; see sweeper.py."""

from __future__ import annotations

from server.core.clock import SystemClock
from server.core.store import Store
from server.settings import Settings
from server.sweeper import Chore
from server.usecases.end_expired_turns import EndExpiredTurns
from server.usecases.forget_events import ForgetEvents, KeptEvents
from server.usecases.hide_expired_sessions import HideExpiredSessions
from server.usecases.prune_audit import PruneAudit
from server.usecases.purge_sessions import PurgeSessions

AUDIT_PRUNED_EVERY = 3600.0
"""The most seconds between two looks for audit events that are too old."""


def chores(settings: Settings, store: Store, retention: int) -> list[Chore]:
    """The chores of the settings."""
    clock, kept = SystemClock(), KeptEvents(settings.events_kept_seconds, settings.events_kept)
    every = [
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
        every.append(Chore("removing old audit events", prune, told, every=AUDIT_PRUNED_EVERY))
    return every
