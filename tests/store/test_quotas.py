"""An organization gets as many agents, keys and sessions as it may have, however many are made at once."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from server.core.agent import Agent, AgentFilter, AgentStatus
from server.core.errors import Reason, ServiceError
from server.core.once import Replay
from server.core.page import PageRequest
from server.core.quota import Quotas
from server.store.peewee_store import PeeweeStore
from tests.store.at_once import outcomes
from tests.store.backends import Backend
from tests.store.examples import (
    a_key,
    a_session,
    an_agent,
    create,
    kept,
    new_agent,
    new_key,
    new_organization,
    new_session,
    once,
)

MOST = 5
AT_ONCE = 24


def refused(write: Callable[[], object]) -> bool:
    """Whether a write is refused for its organization's quota; any other refusal comes out."""
    try:
        write()
    except ServiceError as error:
        if error.reason is not Reason.QUOTA_EXCEEDED:
            raise
        return True
    return False


@pytest.fixture
def stores(backend: Backend) -> list[PeeweeStore]:
    """Two stores on one database, as two processes have them."""
    return [backend.open(quotas=Quotas(MOST, MOST, MOST)) for _ in range(2)]


@pytest.mark.parametrize("kind", ["agents", "keys", "sessions"])
def test_of_any_number_at_once_as_many_get_in_as_there_is_room_for(
    kind: str, stores: list[PeeweeStore]
) -> None:
    organizations = [new_organization(stores[0]) for _ in range(2)]
    agents = [new_agent(stores[0], id) for id in organizations] if kind == "sessions" else []

    def make(number: int) -> None:
        store, place = stores[number % 2], number // 2 % 2
        match kind:
            case "agents":
                new_agent(store, organizations[place])
            case "keys":
                new_key(store, organizations[place])
            case _:
                new_session(store, agents[place])

    results = outcomes(AT_ONCE, make)
    failed = [result for result in results if isinstance(result, Exception)]
    assert len(results) - len(failed) == 2 * MOST
    assert {error.reason for error in failed if isinstance(error, ServiceError)} == {Reason.QUOTA_EXCEEDED}
    for id in organizations:
        match kind:
            case "agents":
                assert stores[0].agents.list(id, AgentFilter(), PageRequest()).total == MOST
            case "keys":
                assert stores[0].keys.list(id, False, PageRequest()).total == MOST
            case _:
                assert sum(stores[0].sessions.counts(id, None).values()) == MOST


def test_what_goes_makes_room(stores: list[PeeweeStore]) -> None:
    store = stores[0]
    organization = new_organization(store)
    agents = [new_agent(store, organization) for _ in range(MOST)]
    keys = [new_key(store, organization) for _ in range(MOST)]
    sessions = [new_session(store, agents[0]) for _ in range(MOST)]
    makers: list[Callable[[], object]] = [
        lambda: new_agent(store, organization),
        lambda: new_key(store, organization),
        lambda: new_session(store, agents[0]),
    ]
    assert [refused(make) for make in makers] == [True] * 3
    gone = replace(agents[1], status=AgentStatus.ARCHIVED)
    store.agents.update(organization, gone.id, lambda _: gone, math.inf)
    store.keys.update(organization, keys[0].id, lambda key: replace(key, revoked_at=1), math.inf)
    store.sessions.delete(organization, sessions[0].id, math.inf)
    assert [refused(make) for make in makers] == [False] * 3
    assert [refused(make) for make in makers] == [True] * 3


def test_an_agent_that_is_applied_counts_when_it_is_new_or_comes_back(stores: list[PeeweeStore]) -> None:
    store = stores[0]
    organization = new_organization(store)
    agents = [new_agent(store, organization) for _ in range(MOST)]

    def apply(agent: Agent) -> Agent | Replay:
        return store.agents.apply(organization, agent.id, agent.name, lambda _: agent, None, math.inf)

    assert not refused(lambda: apply(replace(agents[0], system_prompt="Be other.")))
    assert refused(lambda: apply(an_agent(organization)))
    gone = replace(agents[0], status=AgentStatus.ARCHIVED)
    store.agents.update(organization, gone.id, lambda _: gone, math.inf)
    assert not refused(lambda: apply(agents[0]))
    store.agents.update(organization, gone.id, lambda _: gone, math.inf)
    kept(apply(an_agent(organization)))
    assert refused(lambda: apply(agents[0]))


def test_a_repeated_request_is_answered_where_there_is_no_room(stores: list[PeeweeStore]) -> None:
    store = stores[0]
    organization = new_organization(store)
    agent = an_agent(organization)
    store.agents.create(agent, once("key"), math.inf)
    for _ in range(MOST - 1):
        new_agent(store, organization)
    assert isinstance(store.agents.create(agent, once("key"), math.inf), Replay)
    session = a_session(agent)
    create(store, session, once("key"))
    for _ in range(MOST - 1):
        new_session(store, agent)
    assert isinstance(create(store, session, once("key")), Replay)


def test_without_a_quota_nothing_is_counted(backend: Backend) -> None:
    store = backend.open()
    organization = new_organization(store)
    agent = new_agent(store, organization)
    for _ in range(MOST):
        new_agent(store, organization)
    for _ in range(MOST + 1):
        new_session(store, agent)
        store.keys.create(a_key(organization))


def test_the_refusal_says_how_many_and_what_to_do(stores: list[PeeweeStore]) -> None:
    organization = new_organization(stores[0])
    for _ in range(MOST):
        new_agent(stores[0], organization)
    with pytest.raises(
        ServiceError, match="may have 5 agents, and has them; delete one, or ask the operator"
    ):
        new_agent(stores[0], organization)
