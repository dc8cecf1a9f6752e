"""A server with as many calls under way as it takes: more are refused at once, and none that it has is."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest

from server.store.peewee_store import PeeweeStore
from tests.system.health import SERVING, check
from tests.wire.harness.call import Call, Transport
from tests.wire.harness.clients import Clients, connected
from tests.wire.harness.json_value import Json
from tests.wire.harness.outcome import Answer, Failure, Outcome
from tests.wire.harness.server import running_server, settings_of
from tests.wire.harness.tenant import new_organization, with_agent

LIMITS = {"EVERRUNS_MOST_CALLS": "5", "EVERRUNS_MOST_CALLS_OF_KEY": "3"}
CREATE = Call("CreateSession", {"agent_id": "$agent.id"}, timeout=60)
READ = Call("ListSessions")


@contextmanager
def writes_wait(store: PeeweeStore) -> Iterator[None]:
    """No write is done while this lasts."""
    go_on, begun = threading.Event(), threading.Event()

    def hold(_: object) -> None:
        begun.set()
        go_on.wait(60)

    with ThreadPoolExecutor(1) as thread:
        held = thread.submit(store._writer.run, hold, math.inf)
        begun.wait(60)
        try:
            yield
        finally:
            go_on.set()
            held.result()


@dataclass(frozen=True)
class Busy:
    """A server of a test's own, whose writes wait."""

    clients: Clients
    names: dict[str, Json]
    target: str
    store: PeeweeStore
    threads: ThreadPoolExecutor

    def creates(self, count: int, key: str) -> list[Future[Outcome]]:
        """So many calls of a key, which are under way when this returns."""
        before = self.store.waiting_writes()
        call = Call(CREATE.rpc, CREATE.body, timeout=60, authorization=f"Bearer $keys.{key}")
        begun = [self.threads.submit(self.clients.grpc.call, call.filled(self.names)) for _ in range(count)]
        while self.store.waiting_writes() < before + count:
            time.sleep(0.005)
        return begun

    def read(self, transport: Transport, key: str) -> Outcome:
        """What a read of a key comes to."""
        call = Call(READ.rpc, authorization=f"Bearer $keys.{key}")
        return self.clients.of(transport).call(call.filled(self.names))


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Busy]:
    with (
        running_server(settings_of(tmp_path, **LIMITS)) as (store, target),
        connected(target) as clients,
        ThreadPoolExecutor(8) as threads,
    ):
        assert isinstance(store, PeeweeStore)
        names = with_agent(new_organization(store), clients.grpc)
        with writes_wait(store):
            yield Busy(clients, names, target, store, threads)


def assert_refused(outcome: Outcome, transport: Transport, text: str) -> None:
    assert isinstance(outcome, Failure), outcome
    assert outcome.status == ("RESOURCE_EXHAUSTED" if transport == "grpc" else "429")
    assert outcome.reason == "QUEUE_FULL"
    assert text in outcome.message
    assert outcome.retry_after is not None


def test_a_key_has_a_share_and_others_are_served(busy: Busy, transport: Transport) -> None:
    begun = busy.creates(3, "owner")
    assert_refused(busy.read(transport, "owner"), transport, "this API key has too many calls under way")
    assert isinstance(busy.read(transport, "reader"), Answer)
    assert not any(each.done() for each in begun)


def test_all_keys_have_so_many_and_health_is_told(busy: Busy, transport: Transport) -> None:
    busy.creates(3, "owner")
    busy.creates(2, "writer")
    assert_refused(busy.read(transport, "reader"), transport, "the server has too many calls under way")
    with grpc.insecure_channel(busy.target) as channel:
        assert check(channel) == SERVING


def test_what_ends_makes_room_and_nothing_that_was_let_in_is_lost(tmp_path: Path) -> None:
    with (
        running_server(settings_of(tmp_path, **LIMITS)) as (store, target),
        connected(target) as clients,
        ThreadPoolExecutor(8) as threads,
    ):
        assert isinstance(store, PeeweeStore)
        names = with_agent(new_organization(store), clients.grpc)
        busy = Busy(clients, names, target, store, threads)
        for _ in range(4):
            with writes_wait(store):
                begun = busy.creates(3, "owner")
                assert isinstance(busy.read("grpc", "owner"), Failure)
            assert all(isinstance(each.result(), Answer) for each in begun)
        while not isinstance(listed := busy.read("grpc", "owner"), Answer):
            time.sleep(0.005)
        assert listed.content["total"] == 12
