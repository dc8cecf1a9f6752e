"""The watchers of one organization, and one reading of its events that feeds them all.

A watcher that resumes from an earlier place is behind, and is brought up to the others with readings of its
own, a few at a time and only as fast as it takes them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from server.core.session_event import Position, SessionEvent, Sight, WatchFilter
from server.rpc.event_messages import EventMessages, seen
from server.rpc.response_stream import ResponseStream
from server.usecases.watch_sessions import WatchSessions

_TRANSACTIONS = 16
_TRANSACTIONS_BEHIND = 4
"""How many transactions are read at once. One may have made hundreds of events."""


@dataclass(eq=False, slots=True)
class Watcher:
    """A stream of events. `position` is where it has been told of everything before."""

    organization_id: bytes
    filter: WatchFilter
    authorization: str | None
    stream: ResponseStream
    position: Position
    sent_at: float = field(default_factory=time.monotonic)


class Feed:
    """The events of an organization. For one thread."""

    def __init__(self, organization_id: bytes, sessions: WatchSessions, messages: EventMessages) -> None:
        """Begins with the next event. Raises STORE_UNAVAILABLE."""
        self._organization_id = organization_id
        self._sessions = sessions
        self._messages = messages
        self._position, _ = sessions.begin(organization_id, None)
        self._live: dict[WatchFilter, dict[Watcher, None]] = {}
        self._behind: dict[Watcher, None] = {}
        self._bookmark: tuple[Position, bytes] | None = None
        self.is_stale = True
        """Whether there may be events that were not read yet."""
        self.sent = 0
        """How many events were sent."""
        self.slow: list[Watcher] = []
        """Those for whom too much waited, and who left therefore."""

    def watchers(self) -> Iterator[Watcher]:
        """All watchers."""
        yield from self._behind
        for watchers in self._live.values():
            yield from watchers

    def join(self, watcher: Watcher) -> None:
        """Adds a watcher, who is told of what follows its position."""
        if watcher.position.number < self._position.number:
            self._behind[watcher] = None
            watcher.stream.tells_drained = True
        else:
            self._add(watcher)

    def leave(self, watcher: Watcher) -> bool:
        """Takes a watcher out; whether it was the last."""
        self._behind.pop(watcher, None)
        live = self._live.get(watcher.filter)
        if live is not None:
            live.pop(watcher, None)
            if not live:
                del self._live[watcher.filter]
        return not self._live and not self._behind

    def advance(self) -> None:
        """Reads on a little, for all and for each watcher that is behind and has taken what it was sent.

        Raises STORE_UNAVAILABLE, and is then to be called again.
        """
        if self.is_stale:
            events = self._sessions.after(self._organization_id, self._position.number, _TRANSACTIONS)
            if events is None:
                self._position = self._skip([w for watchers in self._live.values() for w in watchers])
            elif not events:
                self.is_stale = False
            else:
                for event in events:
                    self._deliver(event)
                    self._position = event.position
        for watcher in [watcher for watcher in self._behind if watcher.stream.is_idle()]:
            self._bring_up(watcher)

    def has_more(self) -> bool:
        """Whether `advance` has something to do."""
        return self.is_stale or any(watcher.stream.is_idle() for watcher in self._behind)

    def mark(self, quiet_since: float) -> None:
        """Sends a bookmark to those who were sent nothing since a time of time.monotonic()."""
        quiet = [w for w in self.watchers() if w.sent_at <= quiet_since and w.stream.is_idle()]
        for watcher in quiet:
            if watcher in self._behind or watcher.position.number > self._position.number:
                position = watcher.position
            else:
                position = self._position
            if self._bookmark is None or self._bookmark[0] != position:
                self._bookmark = position, self._messages.bookmark(self._organization_id, position)
            self._send(watcher, self._bookmark[1])

    def _deliver(self, event: SessionEvent) -> None:
        """Sends an event to those who are to see it. Those for whom too much waits already leave at once:
        what they would be sent next would be without this."""
        message = None
        slow: list[Watcher] = []
        answers: dict[Sight, bytes] = {}
        for filter, watchers in self._live.items():
            sight = filter.sight(event.change)
            if sight is None:
                continue
            if sight not in answers:
                message = message or self._messages.event(event)
                answers[sight] = seen(message, sight)
            for watcher in watchers:
                # One that began between two readings has a place of its own.
                if watcher.position.number < event.number:
                    if self._send(watcher, answers[sight]):
                        self.sent += 1
                    else:
                        slow.append(watcher)
        for watcher in slow:
            self.leave(watcher)
        self.slow += slow

    def _bring_up(self, watcher: Watcher) -> None:
        number = watcher.position.number
        events = self._sessions.after(self._organization_id, number, _TRANSACTIONS_BEHIND)
        if events is None:
            self._skip([watcher])
        for event in events or ():
            sight = watcher.filter.sight(event.change)
            if sight is not None:
                self.sent += 1
                answer = seen(self._messages.event(event), sight)
                self._send(watcher, answer, however_many_wait=True)
            watcher.position = event.position
        if not events or watcher.position.number >= self._position.number:
            del self._behind[watcher]
            watcher.stream.tells_drained = False
            self._add(watcher)

    def _skip(self, watchers: list[Watcher]) -> Position:
        """Tells watchers that they missed something; where they go on."""
        position, _ = self._sessions.begin(self._organization_id, None)
        answer = self._messages.gap(self._organization_id, position)
        for watcher in watchers:
            watcher.position = position
            self._send(watcher, answer, however_many_wait=True)
        return position

    def _send(self, watcher: Watcher, answer: bytes, *, however_many_wait: bool = False) -> bool:
        watcher.sent_at = time.monotonic()
        return watcher.stream.send(answer, however_many_wait=however_many_wait)

    def _add(self, watcher: Watcher) -> None:
        self._live.setdefault(watcher.filter, {})[watcher] = None
        self.is_stale = True
