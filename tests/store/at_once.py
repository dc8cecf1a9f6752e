"""Doing things at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

HANG = 60
"""After how many seconds something that was to end is taken to hang."""


def outcomes(count: int, work: Callable[[int], T]) -> list[T | Exception]:
    """What each of as many threads gets from the work, its result or its error; they begin together."""
    barrier = threading.Barrier(count)

    def begin(number: int) -> T | Exception:
        barrier.wait(HANG)
        try:
            return work(number)
        except Exception as error:
            return error

    with ThreadPoolExecutor(count) as threads:
        futures = [threads.submit(begin, number) for number in range(count)]
        return [future.result(HANG) for future in futures]


def at_once(count: int, work: Callable[[int], T]) -> list[T]:
    """As `outcomes`, where nothing may fail."""
    results = outcomes(count, work)
    for result in results:
        if isinstance(result, Exception):
            raise result
    return [result for result in results if not isinstance(result, Exception)]


def elsewhere(work: Callable[[], T]) -> T:
    """What another thread gets from the work."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result(HANG)


@contextmanager
def meanwhile(work: Callable[[], object]) -> Iterator[Future[None]]:
    """Does the work again and again in another thread until the block is done; raises what it raises."""
    stop = threading.Event()

    def repeat() -> None:
        while not stop.is_set():
            work()

    with ThreadPoolExecutor(1) as thread:
        future = thread.submit(repeat)
        try:
            yield future
        finally:
            stop.set()
        future.result(HANG)
