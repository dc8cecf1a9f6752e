"""The threads that calls run on, which a call is given once its request is there.

grpc gives a call a thread as soon as its headers have come, and has the thread wait for the message. A few
clients that begin calls and send no message would hold every thread, without so much as a key. So the
message is asked for here, in grpc's own way, and the call is queued when it has come. What this needs of
`grpc._server` is no public API; `tests/system/test_abused_grpc.py` shows whether it still works.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from grpc import _server
from grpc._cython import cygrpc  # type: ignore[attr-defined]  # not in grpc's stubs

from server.core.later import Later, Take
from server.executor import Submitted, Threads
from server.rpc.admission import Admission

P = ParamSpec("P")
T = TypeVar("T")
_Run = Callable[..., object]

_RESPONDING = (_server._unary_response_in_pool, _server._stream_response_in_pool)
_NO_FLAGS = 0


class RequestThreads(Threads):
    """A fixed number of threads that answer requests from a queue, those that are admitted. Thread-safe.

    A method may answer what is there Later: no thread waits for it, and one sends it once it is there.
    """

    def __init__(self, count: int, name: str, admission: Admission) -> None:
        super().__init__(count, name)
        self._admission = admission
        self._awaited: set[Submitted[Any]] = set()

    def making(self) -> list[Submitted[Any]]:
        """The calls that are being made just now, on a thread or by what they wait for."""
        return [*super().making(), *self._awaited.copy()]

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Submitted[T]:
        """Has a thread make the call as soon as its request has come whole and a thread is free, or refuses
        it at once."""
        if args[:1] and args[0] in _RESPONDING and getattr(args[4], "__name__", "") == "unary_request":
            return cast(Submitted[T], self._submit_request(fn, *args))
        return super().submit(fn, *args, **kwargs)

    def _submit_request(self, run: _Run, *args: Any) -> Submitted[None]:
        respond, event, state, _, _, deserializer, _ = args
        # How many streams there are is for those who feed them.
        unary = respond is _server._unary_response_in_pool
        admission = self._admission if unary else None
        request = (_Request if unary else _StreamRequest)(run, args, self._await)
        if admission is not None and admission.turns_away(event, state):
            request.end()
            return request
        receive = _server._receive_message(state, event.call, deserializer)

        def received(message_event: object) -> object:
            try:
                return receive(message_event)
            finally:
                if admission is None or admission.admits(event, state):
                    self._calls.put(request)
                else:
                    request.end()

        # The caller has locked the state.
        event.call.start_server_batch((cygrpc.ReceiveMessageOperation(_NO_FLAGS),), received)
        state.due.add(_server._RECEIVE_MESSAGE_TOKEN)
        return request

    def _await(self, request: _Request, answer: Later[object]) -> None:
        self._awaited.add(request)

        def tell(take: Take[object]) -> None:
            answered = _Answer(request, take)
            if len(self._awaited) == 1:
                # It came alone, and nobody waits for this thread to be free.
                answered.run()
            else:
                self._calls.put(answered)
            self._awaited.discard(request)

        answer.begin(tell)


class _Request(Submitted[None]):
    """A call whose request is there. It refers to nothing that refers to it, which would be left to the
    collector of garbage."""

    def __init__(
        self,
        run: _Run,
        args: Any,
        await_: Callable[[_Request, Later[object]], None],
    ) -> None:
        super().__init__()
        self._run = run
        self._respond, self._event, self._rpc, self._behavior, self._wait, *self._codec = args
        self._await = await_

    def make(self) -> None:
        self._run(self._answer_request)

    def _answer_request(self) -> None:
        request = self._take_request()
        if request is not None:
            self.answer(self._behavior, request)

    def _take_request(self) -> object:
        state = self._rpc
        with state.condition:
            request, state.request = state.request, None
            if request is not None:
                return request if _server._is_rpc_state_active(state) else None
        # The call has ended without one, which grpc knows how to answer.
        return self._wait()

    def answer(self, behavior: Callable[[Any, Any], object], request: object) -> None:
        """Ends the call with what the behavior answers, or sees to it that this is done later."""
        event, state = self._event, self._rpc
        answer: object
        answer, proceed = _server._call_behavior(event, state, behavior, request, self._codec[0])
        if isinstance(answer, Later):
            self.awaited = True
            self._await(self, answer)
        elif proceed:
            data = _server._serialize_response(event, state, answer, self._codec[1])
            if data is not None:
                _server._status(event, state, data)


class _StreamRequest(_Request):
    """One that is answered with a stream."""

    def make(self) -> None:
        respond, take_request = self._respond, self._take_request
        self._run(respond, self._event, self._rpc, self._behavior, take_request, *self._codec)


class _Answer(Submitted[None]):
    """What a call waited for, and is answered with."""

    def __init__(self, request: _Request, take: Take[object]) -> None:
        super().__init__()
        self._request = request
        self._take = take

    def make(self) -> None:
        try:
            self._request.answer(lambda *_: self._take(), None)
        finally:
            self._request.end()
