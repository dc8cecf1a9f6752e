"""What a store promises of sessions that are deleted, expire, come back and are purged, in plain Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from server.core.bulk_store import Put
from server.core.errors import Reason
from server.core.session import Session, SessionStatus
from server.core.session_event import ChangeKind, SessionEvent
from server.core.transfer import as_exported
from server.core.turn import Turn, TurnOutcome, ended, session_with


@dataclass
class Modelled:
    """A session with what hangs on it: its turns from the first on, and whether the one key has pinned it."""

    session: Session
    turns: list[Turn] = field(default_factory=list)
    pinned: bool = False

    def change_turn(self, turn: Turn) -> None:
        """Begins a turn, or makes the last one this."""
        self.turns = [*(known for known in self.turns if known.id != turn.id), turn]
        self.session = session_with(self.session, turn)


class SessionModel:
    """The sessions of an organization. No lease of a turn may run out while it is used."""

    def __init__(self) -> None:
        self._there: dict[bytes, Modelled] = {}
        self._deleted: dict[bytes, tuple[Modelled, int]] = {}
        self._lines: dict[bytes, Session] = {}

    @property
    def ids(self) -> list[bytes]:
        """Those of all that ever were."""
        return [*self._lines]

    def add(self, session: Session) -> None:
        """A new one."""
        self._there[session.id] = Modelled(session)
        self._lines[session.id] = as_exported(session)

    def seen(self, now: int) -> list[Modelled]:
        """All that are there at a time."""
        return [one for one in self._there.values() if one.session.is_there(now)]

    def find(self, id: bytes, now: int) -> Modelled | None:
        """The one of an id, if it is there."""
        one = self._there.get(id)
        return one if one is not None and one.session.is_there(now) else None

    def line(self, id: bytes, now: int) -> Session | None:
        """One as it was exported, last or first; None where there never was one."""
        one = self.find(id, now)
        return as_exported(one.session) if one else self._lines.get(id)

    def put(self, line: Session, now: int) -> Put | Reason:
        """What comes of a line that is imported."""
        one = self.find(line.id, now)
        if one is not None:
            unchanged = as_exported(one.session) == line
            return Put.UNCHANGED if unchanged else Reason.SESSION_ALREADY_EXISTS
        if line.id in self._there or line.id in self._deleted:
            return Reason.SESSION_ALREADY_EXISTS
        self.add(line)
        return Put.CREATED

    def delete(self, id: bytes, now: int) -> bool:
        """Whether it was there."""
        was_there = self.find(id, now) is not None
        if was_there:
            self._hide(id, now)
        return was_there

    def hide_expired(self, now: int) -> int:
        """How many had expired, and were not yet away."""
        expired = {id: one.session.expires_at for id, one in self._there.items()}
        found = {id: at for id, at in expired.items() if at is not None and at <= now}
        for id, at in found.items():
            self._hide(id, at)
        return len(found)

    def undelete(self, id: bytes, now: int, retention: int) -> Modelled | None:
        """The one that is there again, as it was."""
        one = self._there.get(id)
        if one is not None and one.session.expires_at is not None:
            self._hide(id, one.session.expires_at)
        kept, deleted_at = self._deleted.get(id, (None, 0))
        if kept is None or deleted_at <= now - retention:
            return None
        del self._deleted[id]
        expires_at = kept.session.expires_at if kept.session.is_there(now) else None
        updated_at = max(kept.session.updated_at + 1, now)
        kept.session = replace(kept.session, expires_at=expires_at, updated_at=updated_at)
        self._there[id] = kept
        return kept

    def purge(self, now: int, retention: int) -> int:
        """How many are gone for good."""
        old = [id for id, (_, deleted_at) in self._deleted.items() if deleted_at <= now - retention]
        for id in old:
            del self._deleted[id]
        return len(old)

    def _hide(self, id: bytes, at: int) -> None:
        """Takes one away, as at a time. Its turn that runs is cancelled then."""
        one = self._there.pop(id)
        if one.turns and one.turns[-1].outcome is None:
            one.change_turn(ended(one.turns[-1], TurnOutcome.CANCELLED, None, at))
            assert one.session.status is SessionStatus.IDLE
        self._deleted[id] = one, at


def told(events: Sequence[SessionEvent]) -> dict[bytes, Session]:
    """The sessions that whoever was told all events takes to be there. None is told of twice, or when it is
    not there, and each goes as it was last."""
    known: dict[bytes, Session] = {}
    for number, event in enumerate(events, 1):
        change, id = event.change, event.change.session.id
        assert event.number == number
        assert (id in known) is (change.kind is not ChangeKind.CREATED)
        if change.kind is ChangeKind.DELETED:
            assert known.pop(id) == change.session
        else:
            known[id] = change.session
    return known
