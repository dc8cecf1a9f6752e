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
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

logger = logging.getLogger(__name__)


class Submitted(Future[T]):
    """What was handed to the threads to be done; `make` does it.

    All that a grpc.Server asks of a future is when it has ended, so of a Future's methods only
    `add_done_callback` works; the others are never called.
    """

    def __init__(self) -> None:
        # Without super().__init__(), which makes the condition that this is here to save.
        self.awaited = False
        """Whether it ends when somebody calls `end`, and not as soon as it is made."""
        self.ended = False
        self._callbacks: deque[Callable[[Future[T]], object]] = deque()

    def add_done_callback(self, fn: Callable[[Future[T]], object]) -> None:
        """Calls back once when the call has ended, or now if it has."""
        self._callbacks.append(fn)
        if self.ended:
            self._call_back()

    def make(self) -> None:
        """Does it, on a thread."""
        raise NotImplementedError

    def run(self) -> None:
        """Does it. What it raises is logged."""
        try:
            self.make()
        except Exception:
            logger.exception("a call failed outside of its method")
        if not self.awaited:
            self.end()

    def end(self) -> None:
        """Tells that the call has ended."""
        self.ended = True
        self._call_back()

    def _call_back(self) -> None:
        # Popping is atomic, so of the two that may come here at once one finds the callback.
        while self._callbacks:
            try:
                callback = self._callbacks.pop()
            except IndexError:
                return
            callback(self)


class _Function(Submitted[T]):
    def __init__(self, call: Callable[[], T]) -> None:
        super().__init__()
        self._call = call

    def make(self) -> None:
        self._call()


class Threads(ThreadPoolExecutor):
    """A fixed number of threads that take calls from a queue. Thread-safe.

    It is a ThreadPoolExecutor in name, since grpc takes no other for a method of its own.
    """

    def __init__(self, count: int, name: str) -> None:
        super().__init__(1)
        self.name = name
        self._calls: queue.SimpleQueue[Submitted[Any] | None] = queue.SimpleQueue()
        self._making: list[Submitted[Any] | None] = [None] * count
        self._workers = [
            threading.Thread(target=self._work, args=(number,), name=f"{name}-{number}", daemon=True)
            for number in range(count)
        ]
        for worker in self._workers:
            worker.start()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Submitted[T]:
        """Has a thread make the call as soon as one is free."""
        submitted = _Function(lambda: fn(*args, **kwargs))
        self._calls.put(submitted)
        return submitted

    @property
    def count(self) -> int:
        """How many threads there are."""
        return len(self._workers)

    def busy(self) -> int:
        """How many of them make a call just now."""
        return sum(submitted is not None for submitted in self._making)

    def queued(self) -> int:
        """How many calls wait for a thread."""
        return self._calls.qsize()

    def making(self) -> list[Submitted[Any]]:
        """The calls that have begun and not ended."""
        return [submitted for submitted in self._making if submitted is not None]

    def is_idle(self) -> bool:
        """Whether no call is being made or waits."""
        return self._calls.empty() and not self.making()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends the threads once the calls that wait are made; with `wait`, returns after them."""
        super().shutdown(wait=False, cancel_futures=cancel_futures)
        for _ in self._workers:
            self._calls.put(None)
        if wait:
            for worker in self._workers:
                worker.join()

    def _work(self, number: int) -> None:
        take, making = self._calls.get, self._making
        while (submitted := take()) is not None:
            making[number] = submitted
            submitted.run()
            making[number] = None
