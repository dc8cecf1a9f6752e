"""What a store promises of what happened; `core.store` says what is true of every method."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from server.core.audit import AuditEvent, AuditFilter
from server.core.page import Page, PageRequest
from server.core.session_event import Position, SessionEvent


class SessionEvents(Protocol):
    """What happened to the sessions of all organizations, in the order of its commits.

    Every change of a session is an event, kept with it in one transaction: in whichever process it was made,
    the events of an organization are numbered in the order of commits, and none is seen before one of a lower
    number.
    """

    def newest(self, organization_id: bytes) -> Position:
        """The place after the last event so far."""

    def holds(self, organization_id: bytes, position: Position) -> bool:
        """Whether all that came after a place is still kept, and the place is one of this history."""

    def after(self, organization_id: bytes, number: int, rows: int) -> list[SessionEvent]:
        """The events after a number, those of so many transactions at most."""

    def listen(self, tell: Callable[[Collection[bytes] | None], None]) -> None:
        """Calls `tell` from now on, from any thread, with organizations that may have new events, None for
        any of them: at once for those that this process makes, and within a fraction of a second for others.
        `tell` is to be quick, and never to raise."""

    def forget(self, after: bytes, most: int, older_than: int, keep: int, rows: int) -> tuple[bytes, int]:
        """Forgets, of at most so many organizations whose ids follow `after`, the events of at most `rows`
        transactions each: those of before `older_than`, and those that `keep` newer ones follow; never the
        newest. Answers where to go on, zeros for the beginning, and of how many transactions the events
        went."""


class Audit(Protocol):
    """The audit log, whose events are written once and removed only by age."""

    def list(self, organization_id: bytes, filter: AuditFilter, page: PageRequest) -> Page[AuditEvent]:
        """A page of the events that the filter lets through, the newest first (by id)."""

    def add(self, events: Sequence[AuditEvent], deadline: float) -> None:
        """Keeps events that no change belongs to."""

    def prune(self, organization_id: bytes, before: int, most: int) -> int:
        """Removes at most so many of the oldest events from before a time, in microseconds; how many."""
