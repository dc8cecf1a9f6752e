"""What happened to a session, and what of it a watcher is told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from server.core.session import Session, SessionStatus
from server.core.turn import Turn


class ChangeKind(StrEnum):
    """What was done to a session."""

    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"


class Sight(StrEnum):
    """What a change is to a watcher, whose filter may begin or cease to match by it."""

    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"
    ENTERED = "entered"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Before:
    """What a watcher's filter may go by, as it was before a change."""

    status: SessionStatus
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SessionChange:
    """A change of one session.

    `session` is as the change left it, a deleted one as it was last; `paths` are the fields that are other
    than before, and `before` is there where `status` or `tags` are among them; `turn` is the one that the
    change is of, if it is of one.
    """

    kind: ChangeKind
    session: Session
    paths: tuple[str, ...] = ()
    turn: Turn | None = None
    before: Before | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the events of an organization: after the event of a number, 0 before the first.

    `at` is when that event was committed, in microseconds since 1970: two histories that differ, as after a
    backup was put back, may have the same numbers, but not the same times.
    """

    number: int
    at: int


START = Position(0, 0)


@dataclass(frozen=True, slots=True)
class SessionEvent:
    """A change that was committed. Numbers of an organization begin with 1 and leave none out."""

    number: int
    at: int
    change: SessionChange

    @property
    def position(self) -> Position:
        """The place after it."""
        return Position(self.number, self.at)


@dataclass(frozen=True, slots=True)
class WatchFilter:
    """Which sessions a watcher is told of; every condition that is set must hold, and of `tags` all."""

    agent_id: bytes | None = None
    tags: tuple[str, ...] = ()
    status: SessionStatus | None = None
    ids: frozenset[bytes] = frozenset()

    def sight(self, change: SessionChange) -> Sight | None:
        """What a change is to the watcher; None where it is nothing."""
        session = change.session
        if self.agent_id is not None and self.agent_id != session.agent_id:
            return None
        if self.ids and session.id not in self.ids:
            return None
        matches = self._lets_through(session.status, session.tags)
        if change.kind is not ChangeKind.CHANGED:
            return Sight(change.kind.value) if matches else None
        before = change.before
        matched = matches if before is None else self._lets_through(before.status, before.tags)
        if matches:
            return Sight.CHANGED if matched else Sight.ENTERED
        return Sight.LEFT if matched else None

    def _lets_through(self, status: SessionStatus, tags: tuple[str, ...]) -> bool:
        return (self.status is None or self.status is status) and all(tag in tags for tag in self.tags)
