"""Which calls are let in: as many as there is room for at once, in all and of one key; the others are refused
before they have a thread.

A refusal costs a small part of what an answer does, and is the same for all, so that work goes on while far
more is asked than can be done. A call counts from when its message is there until its end has been sent; one
that is begun and not sent takes no room. What this needs of `grpc._server` is no public API;
`tests/wire/test_overload.py` shows whether it still works.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from threading import Lock
from typing import Any, cast

from google.rpc import error_details_pb2, status_pb2
from grpc import _server
from grpc._cython import cygrpc  # type: ignore[attr-defined]  # not in grpc's stubs

from server.core.errors import Reason, ServiceError
from server.rpc.errors import to_status

logger = logging.getLogger(__name__)

RETRY_AFTER = 0.5
"""When, in seconds, a refused call may be made again: that long about it takes to do all that waits."""

_SAY_SO_EVERY = 10.0
_NO_KEY = ""
_LONGEST_ID = 128


class Admission:
    """Counts the calls of a process, and refuses those that are too many. Thread-safe.

    `refused` says how many were, by what there was too much of: `all`, or `key` for one key's.
    """

    def __init__(self, most: int, most_of_key: int) -> None:
        """Takes how many calls may be under way: of all keys, and of one. Those that come without a key,
        as questions for health do, have a key's share for themselves."""
        self._most = most
        self._most_of_key = most_of_key
        self._fewest = min(most, most_of_key)
        self._of_key: Counter[str] = Counter()
        self._in_flight = 0
        self._lock = Lock()
        self._silent_until = 0.0
        self.refused: Counter[str] = Counter()

    def in_flight(self) -> int:
        """How many calls are under way."""
        return self._in_flight

    def turns_away(self, call: Any, state: Any) -> bool:
        """Refuses a call that has just begun if there is no room for it; whether it did.

        The caller has locked grpc's state of the call. A call that is not turned away takes no room yet.
        """
        if self._in_flight < self._fewest:
            # Not even one key can have its share, so whose call it is need not be looked up.
            return False
        return self._is_refused(call, state, _key_of(call))

    def admits(self, call: Any, state: Any) -> bool:
        """Takes the room of a call whose message is there, until it ends; or refuses it. Whether it may
        go on."""
        key = _key_of(call)
        with state.condition:
            if state.callbacks is None:
                # It has ended already, and whoever makes it will see that.
                return True
            if self._is_refused(call, state, key):
                return False
            with self._lock:
                self._of_key[key] += 1
                self._in_flight += key != _NO_KEY
            state.callbacks.append(lambda: self._leave(key))
            return True

    def _leave(self, key: str) -> None:
        with self._lock:
            self._of_key[key] -= 1
            if not self._of_key[key]:
                del self._of_key[key]
            self._in_flight -= key != _NO_KEY

    def _is_refused(self, call: Any, state: Any, key: str) -> bool:
        if key != _NO_KEY and self._in_flight >= self._most:
            kind, refusal = "all", _REFUSED
        elif self._of_key[key] >= self._most_of_key:
            kind, refusal = "key", _KEY_REFUSED
        else:
            return False
        self.refused[kind] += 1
        self._say_so(kind)
        state.trailing_metadata = refusal.trailers(_header(call, "x-request-id"))
        _server._abort(state, call.call, cygrpc.StatusCode.resource_exhausted, refusal.text)
        return True

    def _say_so(self, kind: str) -> None:
        now = time.monotonic()
        if now >= self._silent_until:
            self._silent_until = now + _SAY_SO_EVERY
            whose = "all keys" if kind == "all" else "one key"
            logger.warning(
                "calls are refused: there are too many of %s (%d under way)", whose, self._in_flight
            )


class _Refusal:
    """A refusal, encoded once but for the request that it answers."""

    def __init__(self, text: str) -> None:
        error = ServiceError(Reason.QUEUE_FULL, text, retry_after=RETRY_AFTER)
        [(self._name, encoded)] = to_status(error, "").trailing_metadata
        whole = status_pb2.Status.FromString(cast(bytes, encoded))
        # The last of the details, which names the request.
        del whole.details[-1]
        self._status = whole.SerializeToString()
        self.text = text.encode()

    def trailers(self, request_id: str) -> tuple[tuple[str, bytes], ...]:
        """What the call ends with."""
        named = status_pb2.Status()
        named.details.add().Pack(error_details_pb2.RequestInfo(request_id=request_id[:_LONGEST_ID]))
        # Messages that follow each other are one, with the details of both.
        return ((self._name, self._status + named.SerializeToString()),)


def _header(call: Any, wanted: str) -> str:
    return next((str(value) for name, value in call.invocation_metadata if name == wanted), "")


def _key_of(call: Any) -> str:
    """What stands for the key of a call: what came in its header, well formed or not."""
    return _header(call, "authorization")


_REFUSED = _Refusal("the server has too many calls under way; try again")
_KEY_REFUSED = _Refusal("this API key has too many calls under way; wait for some of them, then try again")
