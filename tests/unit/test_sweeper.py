"""Sweeps go on after one that failed, and end when they are told to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import cast

import pytest

from server.core.errors import Reason, ServiceError
from server.core.store import Turns
from server.sweeper import BATCH, PRUNED_EVERY, Sweeper


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


@pytest.mark.parametrize("left", [0, 1, BATCH, 3 * BATCH + 1])
def test_a_sweep_ends_all_that_ran_out(left: int) -> None:
    turns = Expiring(left)
    assert Sweeper(cast(Turns, turns)).sweep() == left
    assert turns.left == 0


def test_what_is_too_old_is_looked_for_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("server.sweeper.time.monotonic", lambda: now)
    asked: list[bool] = []

    def prune(stopping: Callable[[], bool]) -> int:
        asked.append(stopping())
        return 7

    sweeper = Sweeper(cast(Turns, Expiring(0)), prune)
    pruned = []
    for now in (PRUNED_EVERY / 60, PRUNED_EVERY / 60 + 1, 2 * PRUNED_EVERY):  # noqa: B007  # the clock's
        pruned.append(sweeper.prune())
    assert pruned == [7, 0, 7]
    assert asked == [False, False]
    assert Sweeper(cast(Turns, Expiring(0))).prune() == 0


def test_sweeps_go_on_after_failures_until_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.sweeper.LONGEST_PAUSE", 0.01)
    turns = Expiring(5, failures=3)
    sweeper = Sweeper(cast(Turns, turns))
    sweeper.start()
    try:
        assert turns.done.wait(60)
    finally:
        sweeper.stop()
    turns.left = 7
    assert sweeper.sweep() == 0
    assert turns.left == 7
