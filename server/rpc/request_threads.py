"""The threads that calls run on, which a call is given once its request is there.

grpc gives a call a thread as soon as its headers have come, and has the thread wait for the message. A few
clients that begin calls and send no message would hold every thread, without so much as a key. So the
message is asked for here, in grpc's own way, and the call is queued when it has come. What this needs of
`grpc._server` is no public API; `tests/system/test_abused_grpc.py` shows whether it still works.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from grpc import _server
from grpc._cython import cygrpc  # type: ignore[attr-defined]  # not in grpc's stubs

from server.executor import Submitted, Threads
from server.rpc.admission import Admission

P = ParamSpec("P")
T = TypeVar("T")

_RESPONDING = (_server._unary_response_in_pool, _server._stream_response_in_pool)
_NO_FLAGS = 0


class RequestThreads(Threads):
    """A fixed number of threads that answer requests from a queue, those that are admitted. Thread-safe."""

    def __init__(self, count: int, name: str, admission: Admission) -> None:
        super().__init__(count, name)
        self._admission = admission

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Submitted[T]:
        """Has a thread make the call as soon as its request has come whole and a thread is free, or refuses
        it at once."""
        if args[:1] and args[0] in _RESPONDING and getattr(args[4], "__name__", "") == "unary_request":
            return self._submit_with_request(fn, *args)
        return super().submit(fn, *args, **kwargs)

    def _submit_with_request(self, run: Callable[..., T], *args: Any) -> Submitted[T]:
        respond, event, state, behavior, wait_for_request, deserializer, serializer = args

        def take_request() -> object:
            with state.condition:
                request, state.request = state.request, None
                if request is not None:
                    return request if _server._is_rpc_state_active(state) else None
            # The call has ended without one, which grpc knows how to answer.
            return wait_for_request()

        submitted = Submitted(
            lambda: run(respond, event, state, behavior, take_request, deserializer, serializer)
        )
        if self._admission.turns_away(event, state):
            submitted.give_up()
            return submitted
        receive = _server._receive_message(state, event.call, deserializer)

        def received(message_event: object) -> object:
            try:
                return receive(message_event)
            finally:
                if self._admission.admits(event, state):
                    self._calls.put(submitted)
                else:
                    submitted.give_up()

        # The caller has locked the state.
        event.call.start_server_batch((cygrpc.ReceiveMessageOperation(_NO_FLAGS),), received)
        state.due.add(_server._RECEIVE_MESSAGE_TOKEN)
        return submitted
