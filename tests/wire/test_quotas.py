"""A server whose operator allows little: how many of each thing, and how many calls of a key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.core.store import Store
from tests.wire.cases.case import Case
from tests.wire.cases.quotas import LIMITS, QUOTAS
from tests.wire.harness.call import TRANSPORTS, Call, Transport
from tests.wire.harness.clients import Clients, connected
from tests.wire.harness.json_value import Json
from tests.wire.harness.outcome import Answer, Failure
from tests.wire.harness.server import running_server, settings_of
from tests.wire.harness.tenant import new_organization, with_agent
from tests.wire.test_cases import check

MORE_THAN_A_BURST = 1_000


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Clients]]:
    directory: Path = tmp_path_factory.mktemp("limited")
    with running_server(settings_of(directory, **LIMITS)) as (store, target), connected(target) as clients:
        yield store, clients


@pytest.mark.parametrize(
    ("case", "transport"),
    [
        pytest.param(case, over, id=f"{case.name}-{over}")
        for case in QUOTAS
        for over in TRANSPORTS
        if over in case.over
    ],
)
def test_quota(case: Case, transport: Transport, limited: tuple[Store, Clients]) -> None:
    store, clients = limited
    check(case, clients, transport, with_agent(new_organization(store), clients.grpc))


def first_refusal(call: Call, clients: Clients, transport: Transport, names: dict[str, Json]) -> Failure:
    """The first refusal of a call that is made again and again."""
    for _ in range(MORE_THAN_A_BURST):
        outcome = clients.of(transport).call(call.filled(names))
        if isinstance(outcome, Failure):
            return outcome
    raise AssertionError("every call was answered")


def test_a_key_that_calls_too_often(transport: Transport, limited: tuple[Store, Clients]) -> None:
    store, clients = limited
    names = with_agent(new_organization(store), clients.grpc)
    refused = first_refusal(Call("ListAgents", authorization="$keys.reader"), clients, transport, names)
    assert refused.status == ("RESOURCE_EXHAUSTED" if transport == "grpc" else "429")
    assert refused.reason == "RATE_LIMITED"
    assert "ask again in" in refused.message
    assert refused.retry_after is not None
    assert 0 < refused.retry_after <= 1
    # Others of the organization are not in its way.
    assert isinstance(clients.of(transport).call(Call("ListAgents").filled(names)), Answer)
