"""A write with an idempotency key happens once, and is answered the same each time."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import NoReturn, TypeVar

import pytest

from server.core.agent import Agent, AgentFilter
from server.core.errors import Reason, ServiceError
from server.core.once import IDEMPOTENCY_WINDOW, Once, Replay
from server.core.page import PageRequest
from server.core.session import Session, SessionFilter
from server.core.session_store import SessionRow
from server.core.store import Store
from tests.store.at_once import HANG, at_once, outcomes
from tests.store.backends import Backend
from tests.store.examples import (
    a_session,
    an_agent,
    answer,
    create,
    kept,
    new_agent,
    new_organization,
    now,
    once,
)
from tests.store.listing import agents, read_all, sessions

T = TypeVar("T", Agent, Session, SessionRow)


def nothing() -> None:
    """What happens before an answer is kept, unless a test says otherwise."""


@dataclass(frozen=True)
class Request:
    """A request with an idempotency key, of this content, that comes at a time; now unless that is given."""

    key: str
    content: str = ""
    at: int = 0
    method: str = "Create"
    before_answer: Callable[[], None] = nothing

    def once(self) -> Once[T]:
        """The write of the request, to happen once."""

        def answer_then(made: T) -> bytes:
            self.before_answer()
            return answer(made)

        made_once: Once[T] = once(self.key, self.content, self.at, self.method)
        return replace(made_once, answer=answer_then)


Write = Callable[[Store, Agent, Request], Session | Agent | Replay]


def create_session(store: Store, agent: Agent, request: Request) -> Session | Replay:
    return create(store, a_session(agent), request.once())


def create_agent(store: Store, agent: Agent, request: Request) -> Agent | Replay:
    return store.agents.create(an_agent(agent.organization_id), request.once(), math.inf)


def apply_new(store: Store, agent: Agent, request: Request) -> Agent | Replay:
    made = an_agent(agent.organization_id)
    once: Once[Agent] = request.once()
    return store.agents.apply(agent.organization_id, None, made.name, lambda _: made, once, math.inf)


def apply_changed(store: Store, agent: Agent, request: Request) -> Agent | Replay:
    def change(stored: Agent | None) -> Agent:
        assert stored is not None
        return replace(stored, max_iterations=stored.max_iterations + 1)

    once: Once[Agent] = request.once()
    return store.agents.apply(agent.organization_id, agent.id, agent.name, change, once, math.inf)


@pytest.fixture(params=[create_session, create_agent, apply_new, apply_changed])
def write(request: pytest.FixtureRequest) -> Write:
    """Every kind of write that takes an idempotency key."""
    chosen: Write = request.param
    return chosen


def everything(store: Store, organization_id: bytes) -> tuple[list[Session], list[Agent]]:
    """All that the organization has."""
    return (
        read_all(sessions(store, organization_id, SessionFilter())),
        read_all(agents(store, organization_id, AgentFilter(include_archived=True))),
    )


def first_answer(made: Session | Agent | Replay) -> Replay:
    """How a repeat of a write is answered that made this."""
    assert not isinstance(made, Replay)
    return Replay(answer(made))


def test_a_repeat_gets_the_first_answer_and_writes_nothing(store: Store, write: Write) -> None:
    agent = new_agent(store, new_organization(store))
    made = write(store, agent, Request("key"))
    before = everything(store, agent.organization_id)
    for _ in range(3):
        assert write(store, agent, Request("key")) == first_answer(made)
    assert everything(store, agent.organization_id) == before


def test_another_request_under_the_key_is_refused(store: Store, write: Write) -> None:
    agent = new_agent(store, new_organization(store))
    made = write(store, agent, Request("key", "content"))
    before = everything(store, agent.organization_id)
    with pytest.raises(ServiceError) as error:
        write(store, agent, Request("key", "other"))
    assert error.value.reason is Reason.IDEMPOTENCY_KEY_REUSED
    assert everything(store, agent.organization_id) == before
    assert write(store, agent, Request("key", "content")) == first_answer(made)


def test_a_key_is_another_in_another_case_method_or_organization(store: Store, write: Write) -> None:
    agent = new_agent(store, new_organization(store))
    neighbour = new_agent(store, new_organization(store))
    requests = [
        (agent, Request("key")),
        (agent, Request("Key")),
        (agent, Request("key ")),
        (agent, Request("key", method="Other")),
        (neighbour, Request("key", "other")),
    ]
    made = [write(store, of, request) for of, request in requests]
    assert len({repr(one) for one in made}) == len(requests)
    assert [write(store, of, request) for of, request in requests] == [first_answer(one) for one in made]


def test_a_key_is_free_again_after_the_window(store: Store, write: Write) -> None:
    agent = new_agent(store, new_organization(store))
    start = now()
    first = write(store, agent, Request("key", at=start))
    last = start + IDEMPOTENCY_WINDOW - 1
    assert write(store, agent, Request("key", at=last)) == first_answer(first)
    with pytest.raises(ServiceError) as error:
        write(store, agent, Request("key", "other", at=last))
    assert error.value.reason is Reason.IDEMPOTENCY_KEY_REUSED
    later = start + IDEMPOTENCY_WINDOW + 1
    second = write(store, agent, Request("key", "other", at=later))
    assert write(store, agent, Request("key", "other", at=later + 1)) == first_answer(second) != first


def answers_kept(backend: Backend) -> int:
    """How many answers the database holds."""
    rows = backend.dialect().database.execute_sql("SELECT request_key FROM idempotent_answer").fetchall()
    return len(rows)


def test_a_key_that_comes_again_after_the_window_makes_the_old_answers_go(backend: Backend) -> None:
    store = backend.open()
    agent = new_agent(store, new_organization(store))
    start = now()
    for number in range(5):
        create_session(store, agent, Request(f"key {number}", at=start + number))
    create_session(store, agent, Request("recent", at=start + 5 + IDEMPOTENCY_WINDOW // 2))
    create_session(store, agent, Request("key 0", at=start + 5 + IDEMPOTENCY_WINDOW))
    assert answers_kept(backend) == 2


def test_answers_do_not_pile_up_when_no_key_comes_again(backend: Backend) -> None:
    store = backend.open()
    agent = new_agent(store, new_organization(store))
    start = now()
    for number in range(20):
        create_session(store, agent, Request(f"key {number}", at=start + number * IDEMPOTENCY_WINDOW))
    assert answers_kept(backend) < 20


def test_old_answers_of_another_organization_are_not_this_ones_to_forget(store: Store) -> None:
    agent = new_agent(store, new_organization(store))
    neighbour = new_agent(store, new_organization(store))
    start = now()
    made = create_session(store, neighbour, Request("key", at=start))
    create_session(store, agent, Request("key", at=start))
    create_session(store, agent, Request("key", at=start + IDEMPOTENCY_WINDOW + 1))
    assert create_session(store, neighbour, Request("key", at=start + 1)) == first_answer(made)


def test_an_answer_outlives_what_it_was_about(store: Store) -> None:
    agent = new_agent(store, new_organization(store))
    made = kept(create_session(store, agent, Request("key")))
    store.sessions.delete(agent.organization_id, made.id, math.inf)
    assert create_session(store, agent, Request("key")) == first_answer(made)
    assert store.sessions.get(agent.organization_id, made.id) is None


def test_a_write_that_fails_keeps_no_answer(store: Store) -> None:
    agent = new_agent(store, new_organization(store))
    organization, unknown = agent.organization_id, an_agent(agent.organization_id)
    same_name = replace(unknown, name=agent.name)
    key: Once[Agent] = once("key")
    failing: list[tuple[Reason, Callable[[], object]]] = [
        (Reason.AGENT_NOT_FOUND, lambda: create_session(store, unknown, Request("key"))),
        (Reason.AGENT_ALREADY_EXISTS, lambda: store.agents.create(same_name, key, math.inf)),
        (
            Reason.AGENT_ALREADY_EXISTS,
            lambda: store.agents.apply(
                organization, unknown.id, agent.name, lambda _: same_name, key, math.inf
            ),
        ),
        (Reason.DEADLINE_EXCEEDED, lambda: create(store, a_session(agent), once("key"), 0)),
        (Reason.DEADLINE_EXCEEDED, lambda: store.agents.create(unknown, key, 0)),
    ]
    for reason, fail in failing:
        with pytest.raises(ServiceError) as error:
            fail()
        assert error.value.reason is reason
    assert everything(store, organization) == ([], [agent])
    made = kept(create_session(store, agent, Request("key", "other")))
    assert everything(store, organization) == ([made], [agent])


def fail(_: object) -> NoReturn:
    """A change, or an answer, that comes to nothing."""
    raise ValueError("no")


def test_an_apply_whose_change_fails_keeps_no_answer(store: Store) -> None:
    agent = new_agent(store, new_organization(store))
    key: Once[Agent] = once("key")
    for id, name in [(agent.id, agent.name), (None, agent.name), (None, "new")]:
        with pytest.raises(ValueError, match="no"):
            store.agents.apply(agent.organization_id, id, name, fail, key, math.inf)
    assert everything(store, agent.organization_id) == ([], [agent])
    apply_new(store, agent, Request("key", "other"))
    assert len(everything(store, agent.organization_id)[1]) == 2


def test_an_answer_that_cannot_be_encoded_writes_nothing(store: Store) -> None:
    agent = new_agent(store, new_organization(store))
    of_session: Once[SessionRow] = once("key")
    of_agent: Once[Agent] = once("key")
    with pytest.raises(ValueError, match="no"):
        create(store, a_session(agent), replace(of_session, answer=fail))
    with pytest.raises(ValueError, match="no"):
        store.agents.create(an_agent(agent.organization_id), replace(of_agent, answer=fail), math.inf)
    assert everything(store, agent.organization_id) == ([], [agent])
    create_session(store, agent, Request("key"))
    assert len(everything(store, agent.organization_id)[0]) == 1


@pytest.mark.parametrize("processes", [1, 2])
def test_a_key_that_many_use_at_once_makes_one(backend: Backend, write: Write, processes: int) -> None:
    stores = [backend.open() for _ in range(processes)]
    agent = new_agent(stores[0], new_organization(stores[0]))
    before = everything(stores[0], agent.organization_id)
    results = at_once(16, lambda number: write(stores[number % processes], agent, Request("key")))
    made = [result for result in results if not isinstance(result, Replay)]
    assert len(made) == 1
    assert results.count(first_answer(made[0])) == 15
    kept_sessions, kept_agents = everything(stores[0], agent.organization_id)
    new = [one for one in (*kept_sessions, *kept_agents) if one not in (*before[0], *before[1])]
    assert new == made
    total = stores[0].sessions.list(agent.organization_id, SessionFilter(), PageRequest()).total
    assert total == len(kept_sessions)


def test_a_key_that_two_processes_use_at_the_same_moment_makes_one(backend: Backend, write: Write) -> None:
    first, second = backend.open(), backend.open()
    agent = new_agent(first, new_organization(first))
    before = everything(first, agent.organization_id)
    others: list[Future[Session | Agent | Replay]] = []
    is_here = threading.Event()

    with ThreadPoolExecutor(1) as thread:

        def have_the_other_begin() -> None:
            if not others:
                request = Request("key", before_answer=is_here.set)
                others.append(thread.submit(write, second, agent, request))
                # It gets this far only where the database lets two write at once.
                is_here.wait(0.5)

        results = [write(first, agent, Request("key", before_answer=have_the_other_begin))]
        results.append(others[0].result(HANG))
    # Either may be first; the other is told what that one made.
    (made,) = [result for result in results if not isinstance(result, Replay)]
    assert [result for result in results if isinstance(result, Replay)] == [first_answer(made)]
    after = everything(second, agent.organization_id)
    assert [one for one in (*after[0], *after[1]) if one not in (*before[0], *before[1])] == [made]
    total = second.sessions.list(agent.organization_id, SessionFilter(), PageRequest()).total
    assert total == len(after[0])


def test_a_key_that_many_use_at_once_for_different_content_makes_one(backend: Backend) -> None:
    store = backend.open()
    agent = new_agent(store, new_organization(store))
    results = outcomes(16, lambda number: create_session(store, agent, Request("key", str(number))))
    refused = [result for result in results if isinstance(result, ServiceError)]
    assert {error.reason for error in refused} == {Reason.IDEMPOTENCY_KEY_REUSED}
    assert len(refused) == 15
    assert everything(store, agent.organization_id)[0] == [r for r in results if isinstance(r, Session)]


def test_many_keys_at_once_make_one_each(backend: Backend) -> None:
    stores = [backend.open() for _ in range(2)]
    agent = new_agent(stores[0], new_organization(stores[0]))

    def create(number: int) -> None:
        for key in range(10):
            create_session(stores[number % 2], agent, Request(f"{number} {key}"))

    at_once(8, create)
    assert len(everything(stores[0], agent.organization_id)[0]) == 80
