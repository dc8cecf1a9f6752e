"""Sweeps go on after one that failed, and end when they are told to."""

from __future__ import annotations

import threading
import time
from typing import cast

import pytest

from server.core.errors import Reason, ServiceError
from server.core.store import SessionEvents, Sessions, Turns
from server.sweeper import BATCH, TRANSACTIONS, KeptEvents, Sweeper


class Expiring:
    """In place of turns: as many as are left have run out, after some failures."""

    def __init__(self, left: int, failures: int = 0) -> None:
        self.left = left
        self.failures = failures
        self.done = threading.Event()

    def end_expired(self, most: int) -> int:
        """As Turns does."""
        if self.failures:
            self.failures -= 1
            raise ServiceError(Reason.STORE_UNAVAILABLE, "gone")
        ended = min(most, self.left)
        self.left -= ended
        if not self.left:
            self.done.set()
        return ended


class Deleted:
    """In place of sessions: as many as are left have expired, and are to be removed for good."""

    def __init__(self, expired: int = 0, old: int = 0) -> None:
        self.expired = expired
        self.old = old
        self.done = threading.Event()

    def hide_expired(self, most: int) -> int:
        """As Sessions does."""
        hidden = min(most, self.expired)
        self.expired -= hidden
        return hidden

    def purge(self, retention: int, most: int) -> int:
        """As Sessions does, one at a time."""
        assert retention == 7
        if not self.old:
            assert not self.expired
            self.done.set()
            return 0
        self.old -= 1
        return 1


class Old:
    """In place of events: those of as many transactions as are left are to be forgotten."""

    def __init__(self, left: int = 0) -> None:
        self.left = left
        self.asked: list[tuple[bytes, int, int]] = []

    def forget(self, after: bytes, most: int, older_than: int, keep: int, rows: int) -> tuple[bytes, int]:
        """As SessionEvents does, of one organization after the other."""
        self.asked.append((after, older_than, keep))
        forgotten = min(rows, self.left)
        self.left -= forgotten
        return bytes(15) + bytes([after[15] + 1]), forgotten


def sweeper_of(
    turns: Expiring,
    events: Old | None = None,
    kept: KeptEvents | None = None,
    sessions: Deleted | None = None,
) -> Sweeper:
    """A sweeper of these."""
    of_sessions = cast(Sessions, sessions or Deleted())
    return Sweeper(cast(Turns, turns), of_sessions, 7, cast(SessionEvents, events or Old()), kept)


@pytest.mark.parametrize("left", [0, 1, BATCH, 3 * BATCH + 1])
def test_a_sweep_ends_all_that_ran_out(left: int) -> None:
    turns = Expiring(left)
    assert sweeper_of(turns).sweep() == left
    assert turns.left == 0


def test_sweeps_go_on_after_failures_until_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.sweeper.LONGEST_PAUSE", 0.01)
    turns = Expiring(5, failures=3)
    sessions = Deleted(expired=BATCH + 1, old=2)
    sweeper = sweeper_of(turns, sessions=sessions)
    sweeper.start()
    try:
        assert turns.done.wait(60)
        assert sessions.done.wait(60)
    finally:
        sweeper.stop()
    turns.left = 7
    assert sweeper.sweep() == 0
    assert turns.left == 7


def test_events_are_forgotten_in_bites_of_the_same_organizations_until_few_are_left() -> None:
    events = Old(2 * TRANSACTIONS + 5)
    sweeper = sweeper_of(Expiring(0), events, KeptEvents(seconds=60, most=7))
    before = time.time_ns() // 1000
    assert sweeper.forget() == 2 * TRANSACTIONS + 5
    assert [after[15] for after, _, _ in events.asked] == [0, 0, 0]
    assert {keep for _, _, keep in events.asked} == {7}
    assert before - 60_000_000 <= events.asked[0][1] <= time.time_ns() // 1000 - 60_000_000
    assert sweeper.forget() == 0
    assert [after[15] for after, _, _ in events.asked] == [0, 0, 0, 1]
