"""The threads that calls run on: a queue and some threads, which is all that a grpc.Server needs.

concurrent.futures makes a future with a condition for every call, to hold a result that nobody asks
for, and that costs a good part of what a call costs. Here a call's end is told to whoever asked, and
no more.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import ParamSpec

P = ParamSpec("P")

logger = logging.getLogger(__name__)


class Submitted:
    """A call that was handed to the threads; grpc.Server asks for no more than when it has ended."""

    __slots__ = ("_callbacks", "_ended", "_run")

    def __init__(self, run: Callable[[], object]) -> None:
        self._run = run
        self._ended = False
        self._callbacks: deque[Callable[[Submitted], object]] = deque()

    def add_done_callback(self, callback: Callable[[Submitted], object]) -> None:
        """Calls back once when the call has ended, or now if it has."""
        self._callbacks.append(callback)
        if self._ended:
            self._call_back()

    def run(self) -> None:
        """Makes the call. What it raises is logged."""
        try:
            self._run()
        except Exception:
            logger.exception("a call failed outside of its method")
        self._ended = True
        self._call_back()

    def _call_back(self) -> None:
        # Popping is atomic, so of the two that may come here at once one finds the callback.
        while self._callbacks:
            try:
                callback = self._callbacks.pop()
            except IndexError:
                return
            callback(self)


class Threads:
    """A fixed number of threads that take calls from a queue. Thread-safe."""

    def __init__(self, count: int) -> None:
        self._queue: queue.SimpleQueue[Submitted | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"rpc-{number}", daemon=True) for number in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, call: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs) -> Submitted:
        """Has a thread make the call as soon as one is free."""
        submitted = Submitted(lambda: call(*args, **kwargs))
        self._queue.put(submitted)
        return submitted

    def shutdown(self, wait: bool = True) -> None:
        """Ends the threads once the calls that wait are made."""
        for _ in self._threads:
            self._queue.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def _work(self) -> None:
        take = self._queue.get
        while (submitted := take()) is not None:
            submitted.run()
