"""A load of creates with idempotency keys, each asked for until it is answered, while faults happen."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import grpc

from tests.system.processes import PATIENCE
from tests.system.sessions import Sessions
from tests.wire.harness.call import Call
from tests.wire.harness.outcome import Answer

CLIENTS = 8
SOON = [
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 200),
]
"""How often a client looks whether a server is there again."""


class KeyedLoad:
    """What clients have been told so far: the id under each key, and how often they were refused, and how."""

    def __init__(self, sessions: Sessions, count: int) -> None:
        self.sessions = sessions
        self.acknowledged: dict[str, str] = {}
        self.refused: Counter[tuple[str, str]] = Counter()
        self.recoveries: list[float] = []
        self._count = count
        self._numbers = itertools.count()
        self._broken: list[BaseException] = []

    @contextmanager
    def running(self, address: str) -> Iterator[None]:
        """Creates at a server, from many threads; at the end waits until every key has its session."""
        with grpc.insecure_channel(address, SOON) as channel:
            over = self.sessions.over(channel)
            threads = [
                threading.Thread(target=self._create, args=(over,), daemon=True) for _ in range(CLIENTS)
            ]
            for thread in threads:
                thread.start()
            yield
            until = time.monotonic() + 10 * PATIENCE
            for thread in threads:
                thread.join(max(0.0, until - time.monotonic()))
                assert not thread.is_alive()
            assert not self._broken, self._broken

    def wait_for(self, wanted: int) -> None:
        """Returns once so many keys have their session."""
        until = time.monotonic() + PATIENCE
        while len(self.acknowledged) < wanted:
            assert not self._broken, self._broken
            assert time.monotonic() < until, self.refused
            time.sleep(0.002)

    @contextmanager
    def recovery(self) -> Iterator[None]:
        """Around a fault and what mends it: notes how long it is until the next key has its session."""
        began = time.monotonic()
        yield
        # Of each client one answer may be from before.
        self.wait_for(len(self.acknowledged) + CLIENTS + 1)
        self.recoveries.append(time.monotonic() - began)

    def assert_kept(self, sessions: Sessions) -> None:
        """Checks that what was acknowledged is there, once under each key, and nothing else."""
        assert len(self.acknowledged) == self._count
        items = sessions.items()
        assert {str(item["title"]): str(item["id"]) for item in items} == self.acknowledged
        assert sessions.total() == len(items) == self._count
        for key in list(self.acknowledged)[:: self._count // 20]:
            again = sessions.answer(_create(key))
            assert (again.replayed, again.content["id"]) == (True, self.acknowledged[key])

    def figures(self, faults: str) -> str:
        """A line for a reader."""
        times = ", ".join(f"{seconds:.2f}" for seconds in sorted(self.recoveries))
        refused = ", ".join(f"{count} {status} {reason}" for (status, reason), count in self.refused.items())
        return (
            f"{self._count} creates, {len(self.recoveries)} {faults}; lost 0, twice 0; "
            f"until the next answer, in s: {times}; refused meanwhile: {refused}"
        )

    def _create(self, sessions: Sessions) -> None:
        try:
            while (number := next(self._numbers)) < self._count:
                key = f"key-{number}"
                while not isinstance(outcome := sessions.call(_create(key)), Answer):
                    self.refused[outcome.status, outcome.reason] += 1
                    time.sleep(0.01)
                self.acknowledged[key] = str(outcome.content["id"])
        except BaseException as error:
            self._broken.append(error)
            raise


def _create(key: str) -> Call:
    return Call("CreateSession", {"agent_id": "$agent.id", "title": key}, key=key)
