"""Sweeps go on after one that failed, and end when they are told to."""

from __future__ import annotations

import threading
from typing import cast

import pytest

from server.core.errors import Reason, ServiceError
from server.core.store import Sessions, Turns
from server.sweeper import BATCH, Sweeper


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


@pytest.mark.parametrize("left", [0, 1, BATCH, 3 * BATCH + 1])
def test_a_sweep_ends_all_that_ran_out(left: int) -> None:
    turns = Expiring(left)
    assert Sweeper(cast(Turns, turns), cast(Sessions, Deleted()), 0).sweep() == left
    assert turns.left == 0


def test_sweeps_go_on_after_failures_until_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.sweeper.LONGEST_PAUSE", 0.01)
    turns = Expiring(5, failures=3)
    sessions = Deleted(expired=BATCH + 1, old=2)
    sweeper = Sweeper(cast(Turns, turns), cast(Sessions, sessions), 7)
    sweeper.start()
    try:
        assert turns.done.wait(60)
        assert sessions.done.wait(60)
    finally:
        sweeper.stop()
    turns.left = 7
    assert sweeper.sweep() == 0
    assert turns.left == 7
