"""Sweeps go on after one that failed, and end when they are told to."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable
from typing import cast

import pytest

from server.core.errors import Reason, ServiceError
from server.core.event_store import SessionEvents
from server.core.session_store import Sessions
from server.core.turn_store import Turns
from server.sweeper import Chore, Sweeper
from server.usecases import end_expired_turns, hide_expired_sessions, purge_sessions
from server.usecases.end_expired_turns import EndExpiredTurns
from server.usecases.forget_events import TRANSACTIONS, ForgetEvents, KeptEvents
from server.usecases.hide_expired_sessions import HideExpiredSessions
from server.usecases.purge_sessions import PurgeSessions

BATCH = end_expired_turns.BATCH


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

    def hide_expired(self, most: int) -> int:
        """As Sessions does."""
        hidden = min(most, self.expired)
        self.expired -= hidden
        return hidden

    def purge(self, retention: int, most: int) -> int:
        """As Sessions does, one at a time."""
        assert retention == 7
        purged = min(most, self.old)
        self.old -= purged
        return purged


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


def ending(turns: Expiring) -> EndExpiredTurns:
    """What ends these."""
    return EndExpiredTurns(cast(Turns, turns))


def going_on() -> bool:
    """Says never to stop."""
    return False


@pytest.mark.parametrize("left", [0, 1, BATCH, 3 * BATCH + 1])
def test_a_sweep_ends_all_that_ran_out(left: int) -> None:
    turns = Expiring(left)
    assert ending(turns)(going_on) == left
    assert turns.left == 0


def test_a_chore_that_is_told_to_stop_leaves_the_rest() -> None:
    answers = itertools.chain([False], itertools.repeat(True))
    turns, events = Expiring(3 * BATCH), Old(5 * TRANSACTIONS)
    assert ending(turns)(lambda: next(answers)) == BATCH
    forget = ForgetEvents(cast(SessionEvents, events), lambda: 0, KeptEvents())
    assert forget(lambda: True) == 0
    assert (turns.left, events.left) == (2 * BATCH, 5 * TRANSACTIONS)


def test_sessions_that_expired_are_taken_away_and_old_ones_go_some_at_a_time() -> None:
    expired, most = 2 * hide_expired_sessions.BATCH + 1, purge_sessions.MOST_PURGES * purge_sessions.BATCH
    kept = Deleted(expired, old=most + 5)
    sessions = cast(Sessions, kept)
    assert HideExpiredSessions(sessions)(lambda: True) == PurgeSessions(sessions, 7)(lambda: True) == 0
    assert (kept.expired, kept.old) == (expired, most + 5)
    assert HideExpiredSessions(sessions)(going_on) == expired
    purge = PurgeSessions(sessions, 7)
    assert [purge(going_on) for _ in range(3)] == [most, 5, 0]


def test_events_are_forgotten_in_bites_of_the_same_organizations_until_few_are_left() -> None:
    events = Old(2 * TRANSACTIONS + 5)
    kept = KeptEvents(seconds=60, most=7)
    forget = ForgetEvents(cast(SessionEvents, events), lambda: 100_000_000, kept)
    assert forget(going_on) == 2 * TRANSACTIONS + 5
    assert [after[15] for after, _, _ in events.asked] == [0, 0, 0]
    assert {asked[1:] for asked in events.asked} == {(40_000_000, 7)}
    assert forget(going_on) == 0
    assert [after[15] for after, _, _ in events.asked] == [0, 0, 0, 1]


def test_a_chore_that_is_rarely_due_is_done_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("server.sweeper.time.monotonic", lambda: now)
    asked: list[bool] = []

    def prune(stopping: Callable[[], bool]) -> int:
        asked.append(stopping())
        return 7

    chore = Chore("pruning", prune, every=3600)
    pruned = []
    for now in (60, 61, 7200):  # noqa: B007  # the clock's
        pruned.append(chore.see_to(going_on))
    assert pruned == [7, 0, 7]
    assert asked == [False, False]


def test_a_failure_is_told_once_until_it_works_again(caplog: pytest.LogCaptureFixture) -> None:
    turns = Expiring(2, failures=3)
    chore = Chore("ending turns", ending(turns), "turns ended")
    with caplog.at_level(logging.INFO, "server.sweeper"):
        done = [chore.see_to(going_on) for _ in range(4)]
        turns.failures = 1
        done.append(chore.see_to(going_on))
    assert done == [0, 0, 0, 2, 0]
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO", "WARNING"]
    assert caplog.messages[1] == "2 turns ended"


def test_sweeps_go_on_after_failures_until_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.sweeper.LONGEST_PAUSE", 0.01)
    broken, turns = Expiring(0, failures=1_000_000), Expiring(5, failures=3)
    # One that fails does not keep another from being seen to.
    sweeper = Sweeper([Chore("broken", ending(broken)), Chore("ending turns", ending(turns))])
    sweeper.start()
    try:
        assert turns.done.wait(60)
    finally:
        sweeper.stop()
    turns.left, turns.failures = 7, 0
    assert not any(thread.name == "sweeper" for thread in threading.enumerate())
    assert turns.left == 7
