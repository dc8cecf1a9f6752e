"""A store whose database another process holds: writes end in time, reads go on, nothing is half done."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.wire.harness.call import Call
from tests.wire.harness.clients import Clients, connected
from tests.wire.harness.json_value import Json
from tests.wire.harness.lock_holder import write_lock_held
from tests.wire.harness.outcome import Answer, Failure
from tests.wire.harness.server import running_server, settings_of
from tests.wire.harness.tenant import new_organization, with_agent

CREATE = Call("CreateSession", {"agent_id": "$agent.id"})


@dataclass(frozen=True)
class Lockable:
    """A server of a test's own, an organization of it, and its database."""

    clients: Clients
    names: dict[str, Json]
    database: Path

    def total(self) -> Json:
        """How many sessions there are."""
        listed = self.clients.grpc.call(Call("ListSessions").filled(self.names))
        assert isinstance(listed, Answer)
        return listed.content["total"]


@pytest.fixture
def lockable(tmp_path: Path) -> Iterator[Lockable]:
    with running_server(settings_of(tmp_path)) as (store, target), connected(target) as clients:
        yield Lockable(clients, with_agent(new_organization(store), clients.grpc), tmp_path / "everruns.db")


def test_a_store_that_is_locked_is_unavailable(lockable: Lockable) -> None:
    clients, call = lockable.clients, replace(CREATE.filled(lockable.names), timeout=60)
    update = Call("ApplyAgent", {"name": "n", "system_prompt": "p"}, timeout=60).filled(lockable.names)
    with write_lock_held(lockable.database), ThreadPoolExecutor(5) as threads:
        waiting = [
            threads.submit(client.call, c) for client in (clients.grpc, clients.rest) for c in (call, update)
        ]
        by_hand = threads.submit(clients.cli.call, call)
        assert lockable.total() == 0
        over_grpc, _, over_rest, _ = outcomes = [each.result() for each in waiting]
        assert by_hand.result() == over_rest
    for outcome in outcomes:
        assert isinstance(outcome, Failure)
        assert outcome.reason == "STORE_UNAVAILABLE"
        assert outcome.retry_after is not None
        assert str(lockable.database) not in outcome.message
    assert isinstance(over_grpc, Failure)
    assert isinstance(over_rest, Failure)
    assert (over_grpc.status, over_rest.status) == ("UNAVAILABLE", "503")
    assert lockable.total() == 0
    assert isinstance(clients.rest.call(call), Answer)
    assert lockable.total() == 1


def test_a_deadline_that_passes_before_a_write_leaves_nothing(lockable: Lockable) -> None:
    clients, call = lockable.clients, replace(CREATE.filled(lockable.names), timeout=0.3)
    with write_lock_held(lockable.database):
        over_grpc, over_rest = clients.grpc.call(call), clients.rest.call(call)
        assert clients.cli.call(call) == over_rest
    assert isinstance(over_grpc, Failure)
    assert isinstance(over_rest, Failure)
    assert over_grpc.status == "DEADLINE_EXCEEDED"
    assert (over_rest.status, over_rest.reason) == ("504", "DEADLINE_EXCEEDED")
    # Writes are done in the order in which they came: this one comes after those that were given up.
    assert isinstance(clients.grpc.call(CREATE.filled(lockable.names)), Answer)
    assert lockable.total() == 1
