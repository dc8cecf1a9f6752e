"""The watchers of a process: one thread that reads events as they come, and hands them to all.

A watcher is admitted on a thread for calls, which it then leaves; from there on the thread here does
everything: it reads each organization's events once for all of its watchers, cuts off those that do not keep
up, marks the place while it is quiet, and ends the watches of keys that are no longer valid.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass

from server.core.caller import Caller, Scope
from server.core.errors import Reason, ServiceError
from server.core.session_event import Position, WatchFilter
from server.rpc.calls import Call
from server.rpc.errors import to_status
from server.rpc.event_messages import EventMessages
from server.rpc.response_stream import ResponseStream
from server.rpc.streams import Streams
from server.rpc.watch_feed import Feed, Watcher
from server.usecases.authenticate import require
from server.usecases.watch_sessions import WatchSessions

logger = logging.getLogger(__name__)

KEYS_LOOKED_UP_EVERY = 2.0
"""How often, in seconds, the keys of watchers are looked up anew."""

_TICK = 0.25
_PAUSE_AFTER_FAILURE = 0.5
_KEY_GONE = frozenset({Reason.API_KEY_MISSING, Reason.API_KEY_INVALID, Reason.SCOPE_MISSING})


@dataclass(frozen=True, slots=True)
class WatchLimits:
    """How many watchers a process takes, how many events may wait for one of them, and after how many seconds
    without any it is sent a bookmark."""

    most_watchers: int = 5_000
    most_waiting: int = 1_000
    bookmark_seconds: float = 30.0


class WatchHub:
    """Feeds watchers. Thread-safe. Its thread begins with the first of them."""

    def __init__(
        self,
        sessions: WatchSessions,
        messages: EventMessages,
        authenticate: Callable[[], Callable[[str | None], Caller]],
        limits: WatchLimits | None = None,
        streams: Streams | None = None,
    ) -> None:
        """`authenticate` makes what looks keys up, and remembers nothing of before."""
        self._sessions = sessions
        self._messages = messages
        self._authenticate = authenticate
        self._limits = limits or WatchLimits()
        self._streams = streams or Streams()
        self._thread: threading.Thread | None = None
        self._condition = threading.Condition()
        # Of these the condition is to be held; of the feeds the thread alone knows.
        self._watchers: set[Watcher] = set()
        self._joining: list[Watcher] = []
        self._leaving: list[Watcher] = []
        self._told: set[bytes] = set()
        self._told_of_any = False
        self._closed = False
        self._feeds: dict[bytes, Feed] = {}
        self._sent_before = 0
        self.cut_off = 0
        """How many watchers were cut off because they did not keep up."""

    @property
    def sent(self) -> int:
        """How many events were sent, to each watcher for itself."""
        return self._sent_before + sum(feed.sent for feed in tuple(self._feeds.values()))

    def watchers(self) -> int:
        """How many there are now."""
        with self._condition:
            return len(self._watchers)

    def watch(self, call: Call, filter: WatchFilter, resumed: Position | None) -> None:
        """Makes the caller a watcher, until the call ends.

        Raises TOO_MANY_WATCHERS, SERVER_UNAVAILABLE, and STORE_UNAVAILABLE.
        """
        organization_id = call.organization_id
        position, gap = self._sessions.begin(organization_id, resumed)
        stream = ResponseStream(call.context, self._limits.most_waiting, self._wake)
        watcher = Watcher(organization_id, filter, _authorization(call), stream, position)
        self._admit(watcher)
        if not stream.when_over(lambda: self._leave(watcher)):
            self._leave(watcher)
            return
        self._streams.opened("WatchSessions", call.context)
        first = self._messages.gap if gap else self._messages.bookmark
        stream.send(first(organization_id, position))
        with self._condition:
            # Unless it has left already.
            if watcher in self._watchers:
                self._joining.append(watcher)
                self._condition.notify()

    def close(self) -> None:
        """Ends every watch as retryable, and takes no more. Returns when that is under way."""
        with self._condition:
            self._closed = True
            self._condition.notify()
        if self._thread is not None:
            self._thread.join()

    def tell(self, organizations: Collection[bytes] | None) -> None:
        """Has the events of organizations read, None for all; see core.event_store.SessionEvents.listen."""
        with self._condition:
            if organizations is None:
                self._told_of_any = True
            else:
                self._told.update(organizations)
            self._condition.notify()

    def _admit(self, watcher: Watcher) -> None:
        with self._condition:
            if self._closed:
                raise _stopping()
            if len(self._watchers) >= self._limits.most_watchers:
                text = "the server has as many watchers as it takes; ask again"
                raise ServiceError(Reason.TOO_MANY_WATCHERS, text, retry_after=1.0)
            self._watchers.add(watcher)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="watch-hub", daemon=True)
                self._thread.start()
                self._sessions.store.session_events.listen(self.tell)

    def _leave(self, watcher: Watcher) -> None:
        with self._condition:
            if watcher in self._watchers:
                self._watchers.remove(watcher)
                self._leaving.append(watcher)
                self._condition.notify()

    def _wake(self) -> None:
        with self._condition:
            self._condition.notify()

    def _work(self) -> None:
        marked = looked_up = time.monotonic()
        while self._take_in():
            for feed in tuple(self._feeds.values()):
                self._advance(feed)
            now = time.monotonic()
            if now >= marked + _TICK:
                marked = now
                for feed in self._feeds.values():
                    feed.mark(now - self._limits.bookmark_seconds)
            if now >= looked_up + KEYS_LOOKED_UP_EVERY:
                looked_up = now
                self._look_up_keys()
        with self._condition:
            watchers = tuple(self._watchers)
        for watcher in watchers:
            self._end(watcher, _stopping())

    def _take_in(self) -> bool:
        """Waits for something to do, and takes in who came and went; whether to go on."""
        with self._condition:
            if not (self._joining or self._leaving or self._has_more()):
                self._condition.wait(_TICK if self._watchers else None)
            joining, self._joining = self._joining, []
            leaving, self._leaving = self._leaving, []
            told, self._told = self._told, set()
            of_any, self._told_of_any = self._told_of_any, False
            if self._closed:
                return False
        for watcher in joining:
            self._join(watcher)
        for watcher in leaving:
            self._drop(watcher)
        for id in self._feeds if of_any else self._feeds.keys() & told:
            self._feeds[id].is_stale = True
        return True

    def _has_more(self) -> bool:
        return bool(self._told) or self._told_of_any or any(feed.has_more() for feed in self._feeds.values())

    def _join(self, watcher: Watcher) -> None:
        feed = self._feeds.get(watcher.organization_id)
        try:
            if feed is None:
                feed = Feed(watcher.organization_id, self._sessions, self._messages)
                self._feeds[watcher.organization_id] = feed
        except ServiceError as error:
            self._end(watcher, error)
            return
        feed.join(watcher)

    def _drop(self, watcher: Watcher) -> None:
        feed = self._feeds.get(watcher.organization_id)
        if feed is not None and feed.leave(watcher):
            self._sent_before += feed.sent
            del self._feeds[watcher.organization_id]

    def _advance(self, feed: Feed) -> None:
        try:
            feed.advance()
        except ServiceError as error:
            logger.warning("events cannot be read just now: %s", error)
            # There is nothing better to do for the other organizations either: they have the same store.
            time.sleep(_PAUSE_AFTER_FAILURE)
        except Exception:
            logger.exception("events cannot be sent")
            for watcher in tuple(feed.watchers()):
                self._end(watcher, ServiceError(Reason.INTERNAL, "internal error"))
        for watcher in feed.slow:
            self.cut_off += 1
            text = (
                f"more than {self._limits.most_waiting} events wait for the client; resume after the last one"
            )
            self._end(watcher, ServiceError(Reason.WATCHER_TOO_SLOW, text, retry_after=1.0))
        feed.slow.clear()

    def _look_up_keys(self) -> None:
        """Ends the watches of keys that were revoked, or have expired."""
        caller_of = self._authenticate()
        refused: dict[str | None, ServiceError | None] = {}
        for feed in self._feeds.values():
            for watcher in tuple(feed.watchers()):
                key = watcher.authorization
                if key not in refused:
                    refused[key] = _refusal(caller_of, key)
                if (error := refused[key]) is not None:
                    self._end(watcher, error)

    def _end(self, watcher: Watcher, error: ServiceError) -> None:
        self._leave(watcher)
        watcher.stream.end(to_status(error, uuid.uuid4().hex))


def _refusal(caller_of: Callable[[str | None], Caller], authorization: str | None) -> ServiceError | None:
    try:
        require(caller_of(authorization), Scope.READ)
    except ServiceError as error:
        # A store that cannot be asked just now is no reason to trust a key less than calls do.
        return error if error.reason in _KEY_GONE else None
    return None


def _stopping() -> ServiceError:
    return ServiceError(Reason.SERVER_UNAVAILABLE, "the server is stopping; resume", retry_after=1.0)


def _authorization(call: Call) -> str | None:
    for key, value in call.context.invocation_metadata():
        if key == "authorization":
            return str(value)
    return None
