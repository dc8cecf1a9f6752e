"""Calls that were refused are written down together, seldom, and never lost for a store that is away."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from server.core.audit import Actor, AuditEvent, Outcome
from server.core.errors import Reason, ServiceError
from server.core.store import Store
from server.usecases import denials
from server.usecases.denials import WRITTEN_EVERY, Denials
from tests.unit.test_key_uses import ORGANIZATION, Time

ACTOR = Actor("CreateKey", b"k" * 16, "ci", "r-1")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    clock = Time()
    monkeypatch.setattr(denials, "time", clock)
    return clock


@pytest.fixture
def written(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[AuditEvent]:
    """What is handed to the store."""
    written: list[AuditEvent] = []

    def add(events: Sequence[AuditEvent], deadline: float) -> None:
        written.extend(events)

    monkeypatch.setattr(store.audit, "add", add)
    return written


def test_the_first_is_written_at_once_and_others_together_later(
    store: Store, clock: Time, written: list[AuditEvent]
) -> None:
    noted = Denials(store.audit, clock)
    noted.write()
    assert written == []
    for _ in range(1000):
        noted.note(ORGANIZATION, ACTOR, "SCOPE_MISSING")
        noted.write()
    noted.note(ORGANIZATION, Actor("RevokeKey", ACTOR.key_id), "SCOPE_MISSING")
    noted.write()
    clock.now += WRITTEN_EVERY
    noted.write()
    assert [(event.actor.method, event.attempts) for event in written] == [
        ("CreateKey", 1),
        ("RevokeKey", 1),
        ("CreateKey", 999),
    ]
    first = written[0]
    assert (first.actor, first.outcome, first.reason) == (ACTOR, Outcome.DENIED, "SCOPE_MISSING")
    assert (first.organization_id, first.resource, first.changes) == (ORGANIZATION, None, ())


def test_what_cannot_be_written_waits(store: Store, clock: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    noted, asked = Denials(store.audit, clock), []

    def add(events: Sequence[AuditEvent], deadline: float) -> None:
        asked.append([event.attempts for event in events])
        if len(asked) == 1:
            # Another comes while this is tried.
            noted.note(ORGANIZATION, ACTOR, "SCOPE_MISSING")
            raise ServiceError(Reason.STORE_UNAVAILABLE, "gone")

    monkeypatch.setattr(store.audit, "add", add)
    noted.note(ORGANIZATION, ACTOR, "SCOPE_MISSING")
    noted.write()
    noted.write()
    assert asked == [[1], [2]]


def test_what_waits_is_bounded(
    store: Store, clock: Time, written: list[AuditEvent], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(denials, "_MOST_WAITING", 10)
    noted = Denials(store.audit, clock)
    for number in range(100):
        noted.note(ORGANIZATION, Actor(f"Method{number}", ACTOR.key_id), "SCOPE_MISSING")
    noted.write()
    assert len(written) == 10
