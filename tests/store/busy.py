"""Keeping a store's writer busy, so that writes wait for it and then go in one group."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from math import inf
from typing import TypeVar

from server.store.peewee_store import PeeweeStore
from server.store.transaction import Transaction
from tests.store.at_once import HANG

T = TypeVar("T")


@contextmanager
def busy(store: PeeweeStore) -> Iterator[None]:
    """Keeps the writer in a write that changes nothing, alone in its transaction, until the block is done."""
    begun, done = threading.Event(), threading.Event()

    def write(transaction: Transaction) -> None:
        begun.set()
        assert done.wait(HANG)

    thread = threading.Thread(target=store._writer.run, args=(write, inf))
    thread.start()
    try:
        assert begun.wait(HANG)
        yield
    finally:
        done.set()
        thread.join()


def wait_until_waiting(store: PeeweeStore, count: int) -> None:
    """Returns once as many writes wait behind the one that is under way."""
    give_up = time.monotonic() + HANG
    while store._writer._queue.qsize() < count:
        assert time.monotonic() < give_up
        time.sleep(0.001)


@contextmanager
def waiting(store: PeeweeStore, writes: Sequence[Callable[[], T]]) -> Iterator[list[Future[T]]]:
    """The writes, as they wait in this order behind one that ends with the block."""
    with ThreadPoolExecutor(len(writes)) as threads, busy(store):
        futures = []
        for count, write in enumerate(writes, 1):
            futures.append(threads.submit(write))
            wait_until_waiting(store, count)
        yield futures


def in_one_group(store: PeeweeStore, writes: Sequence[Callable[[], T]]) -> list[T | BaseException]:
    """What becomes of writes that are all waiting when the writer comes to them."""
    with waiting(store, writes) as futures:
        pass
    return [future.exception(HANG) or future.result() for future in futures]
