"""When keys were used is written down together, seldom, and never lost for a store that is away."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from server.core.caller import Caller, KeyUse, Scope
from server.core.clock import SystemClock
from server.core.errors import Reason, ServiceError
from server.core.page import PageRequest
from server.core.store import Store
from server.usecases import key_uses
from server.usecases.create_key import CreateKey
from server.usecases.key_uses import WRITTEN_EVERY, KeyUses

ORGANIZATION = b"o" * 16


class Time:
    """The clocks of a process, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def __call__(self) -> int:
        return int(self.now * 1_000_000)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    clock = Time()
    monkeypatch.setattr(key_uses, "time", clock)
    return clock


@pytest.fixture
def written(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[list[KeyUse]]:
    """What is handed to the store, each time."""
    written: list[list[KeyUse]] = []

    def note_uses(uses: Sequence[KeyUse], deadline: float) -> None:
        written.append(list(uses))

    monkeypatch.setattr(store.keys, "note_uses", note_uses)
    return written


def caller(key: int) -> Caller:
    return Caller(ORGANIZATION, bytes([key]) * 16, frozenset({Scope.READ}))


def use(key: int, at: float) -> KeyUse:
    return KeyUse(ORGANIZATION, bytes([key]) * 16, int(at * 1_000_000))


def test_uses_are_written_together_and_once(store: Store, clock: Time, written: list[list[KeyUse]]) -> None:
    uses = KeyUses(store.keys, clock)
    uses.write()
    assert written == []
    for key in (1, 2, 1):
        uses.note(caller(key))
        clock.now += 1
    uses.write()
    uses.write()
    assert written == [[use(1, 1002), use(2, 1001)]]


def test_a_key_in_use_is_written_once_a_while(store: Store, clock: Time, written: list[list[KeyUse]]) -> None:
    uses = KeyUses(store.keys, clock)
    for _ in range(int(3 * WRITTEN_EVERY)):
        uses.note(caller(1))
        uses.write()
        clock.now += 1
    assert written == [[use(1, 1000)], [use(1, 1000 + WRITTEN_EVERY)], [use(1, 1000 + 2 * WRITTEN_EVERY)]]


def test_the_last_use_is_written_though_no_more_come(
    store: Store, clock: Time, written: list[list[KeyUse]]
) -> None:
    uses = KeyUses(store.keys, clock)
    uses.note(caller(1))
    uses.write()
    clock.now += 5
    uses.note(caller(1))
    uses.write()
    clock.now += WRITTEN_EVERY
    uses.write()
    assert written == [[use(1, 1000)], [use(1, 1005)]]


def test_what_could_not_be_written_is_written_later(
    store: Store, clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(uses: Sequence[KeyUse], deadline: float) -> None:
        raise ServiceError(Reason.STORE_UNAVAILABLE, "away")

    uses = KeyUses(store.keys, clock)
    uses.note(caller(1))
    with monkeypatch.context() as patch:
        patch.setattr(store.keys, "note_uses", fail)
        uses.write()
    written: list[list[KeyUse]] = []
    monkeypatch.setattr(store.keys, "note_uses", lambda uses, deadline: written.append(list(uses)))
    uses.write()
    assert written == [[use(1, 1000)]]


def test_a_crowd_of_keys_is_written_in_parts(
    store: Store, clock: Time, written: list[list[KeyUse]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_uses, "_MOST_AT_ONCE", 2)
    uses = KeyUses(store.keys, clock)
    for key in range(5):
        uses.note(caller(key))
    for _ in range(4):
        uses.write()
    assert [len(part) for part in written] == [2, 2, 1]
    assert sorted(use.key_id[0] for part in written for use in part) == [0, 1, 2, 3, 4]


def test_it_is_kept_with_the_key(store: Store) -> None:
    made = CreateKey(store, SystemClock())("acme", "k", [Scope.READ])
    [key] = store.keys.list(made.organization.id, False, PageRequest()).items
    uses = KeyUses(store.keys, SystemClock())
    uses.note(Caller(key.organization_id, key.id, key.scopes))
    uses.write()
    kept = store.keys.get(key.organization_id, key.id)
    assert kept is not None
    assert kept.last_used_at is not None
    assert kept.last_used_at > key.created_at
