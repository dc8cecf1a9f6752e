"""The answers of a stream, sent without a thread that waits for its client.

grpc gives a streaming method a thread for as long as it lives, and where it does not, has whoever sends an
answer wait until the client takes it. Here an answer is handed over and those that follow wait in line, so
that one thread serves any number of clients, and one that does not read keeps nobody. What this needs of
`grpc._server` is no public API; `tests/system/test_watchers.py` shows whether it still works.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import grpc
from grpc import _server
from grpc._cython import cygrpc  # type: ignore[attr-defined]  # not in grpc's stubs

_NO_FLAGS = 0
_TOKEN = "everruns_send"  # noqa: S105  # what grpc knows a sending by


class ResponseStream:
    """Sends the answers of one call, in order, at most one at a time. Thread-safe."""

    def __init__(self, context: grpc.ServicerContext, most_waiting: int, drained: Callable[[], None]) -> None:
        """Takes how many answers may wait at most, and what to call, where `tells_drained`, when none does
        any more; that is not to wait for anything."""
        # What grpc hands to a method has more than its type says.
        handed: Any = context
        self._context = context
        self._state = handed._state
        self._call = handed._rpc_event.call
        self._most_waiting = most_waiting
        self._drained = drained
        self._waiting: deque[bytes] = deque()
        self._sending = False
        self.tells_drained = False

    def when_over(self, call: Callable[[], None]) -> bool:
        """Has something called when the call has ended, for whatever reason; whether it had not already."""
        return self._context.add_callback(call)

    def is_idle(self) -> bool:
        """Whether the client has taken everything."""
        return not self._sending

    def send(self, answer: bytes, *, however_many_wait: bool = False) -> bool:
        """Sends an answer, now or after those before it; whether it was taken, and not too many wait
        already."""
        with self._state.condition:
            if not _server._is_rpc_state_active(self._state):
                return True
            if not self._sending:
                self._start(answer)
            elif len(self._waiting) < self._most_waiting or however_many_wait:
                self._waiting.append(answer)
            else:
                return False
            return True

    def end(self, status: grpc.Status) -> None:
        """Ends the call after the answer that is on its way; those that wait are not sent."""
        with self._state.condition:
            self._waiting.clear()
            if not _server._is_rpc_state_active(self._state):
                return
            self._state.trailing_metadata = status.trailing_metadata
            self._state.code = status.code
            self._state.details = status.details.encode()
            _server._abort(self._state, self._call, cygrpc.StatusCode.unknown, b"")

    def _start(self, answer: bytes) -> None:
        operations = [cygrpc.SendMessageOperation(answer, _NO_FLAGS)]
        if self._state.initial_metadata_allowed:
            operations.insert(0, _server._get_initial_metadata_operation(self._state, None))
            self._state.initial_metadata_allowed = False
        self._call.start_server_batch(operations, self._sent)
        self._state.due.add(_TOKEN)
        self._sending = True

    def _sent(self, _: object) -> object:
        """What grpc calls, on its own thread, when the client has room for another answer."""
        with self._state.condition:
            self._sending = False
            if self._waiting and _server._is_rpc_state_active(self._state):
                self._state.due.remove(_TOKEN)
                self._start(self._waiting.popleft())
                return None, ()
            finished = _server._possibly_finish_call(self._state, _TOKEN)
        if self.tells_drained:
            self._drained()
        return finished
