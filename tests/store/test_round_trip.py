"""Whatever sessions a store has: written as lines, read and kept by another store, and written again, they
are the same lines to the byte."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.core.agent import Agent
from server.core.clock import SystemClock
from server.core.errors import ServiceError
from server.core.ids import new_id
from server.core.layer import CapabilityConfig, Layer, Mode
from server.core.session import Session, SessionStatus
from server.core.store import Store
from server.rpc.session_lines import read_line, split_lines, write_line
from server.store.peewee_store import PeeweeStore
from server.usecases.export_sessions import ExportSessions
from server.usecases.import_sessions import Imported, ImportSessions, Line
from tests.store.backends import BACKENDS
from tests.store.examples import an_agent, new_organization
from tests.unit.strategies import PATCHES

LAST = 253_402_300_799_999_999
"""The last microsecond of the year 9999."""

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20)
ENTRIES = st.builds(
    CapabilityConfig,
    st.from_regex(r"[a-z][a-z0-9_-]{0,9}", fullmatch=True),
    st.none() | PATCHES,
    mode=st.sampled_from(Mode),
)
SESSIONS = st.fixed_dictionaries(
    {
        "title": st.none() | TEXTS,
        "tags": st.lists(TEXTS, max_size=3, unique=True).map(tuple),
        "model_id": st.none() | st.from_regex(r"[A-Za-z0-9._:/@-]{1,20}", fullmatch=True),
        "capabilities": st.lists(ENTRIES, max_size=3, unique_by=lambda entry: entry.ref).map(Layer.of),
        "status": st.sampled_from([SessionStatus.STARTED, SessionStatus.IDLE]),
        "age": st.integers(0, 10**15),
        "expires_at": st.none() | st.integers(2**52, LAST),
        "pinned_version": st.none() | st.just(1),
    }
)
_times = SystemClock()


@pytest.fixture(scope="module", params=BACKENDS)
def stores(request: pytest.FixtureRequest) -> Iterator[tuple[PeeweeStore, PeeweeStore]]:
    """Two stores of a kind, on databases of their own."""
    backends = [BACKENDS[request.param](request) for _ in range(2)]
    first, second = (backend.open() for backend in backends)
    yield first, second
    for backend in backends:
        backend.cleanup()


def agent_in_both(stores: Sequence[Store]) -> list[Agent]:
    """The same agent in organizations of two stores."""
    first = an_agent(new_organization(stores[0]))
    second = replace(first, organization_id=new_organization(stores[1]))
    for store, agent in zip(stores, (first, second), strict=True):
        store.agents.create(agent, None, math.inf)
    return [first, second]


def a_session(agent: Agent, drawn: dict[str, object]) -> Session:
    """A session of an agent, as it was drawn."""
    values = {**drawn}
    at = _times() - int(str(values.pop("age")))
    made = {"organization_id": agent.organization_id, "id": new_id(at), "agent_id": agent.id}
    return Session(**made, **values, created_at=at, updated_at=at + 7)  # type: ignore[arg-type]  # as drawn


def put(store: Store, sessions: Sequence[Session]) -> None:
    """Keeps sessions, in groups."""
    for start in range(0, len(sessions), 500):
        group = sessions[start : start + 500]
        outcomes = store.bulk.put_all(group[0].organization_id, group, math.inf)
        assert not [outcome for outcome in outcomes if isinstance(outcome, ServiceError)]


def export(store: Store, organization_id: bytes) -> bytes:
    """All lines of an organization."""
    pages = ExportSessions(store)(organization_id, bytes(16))
    return b"".join(write_line(session) for page in pages for session in page)


def load(store: Store, organization_id: bytes, lines: bytes, part: int) -> Imported:
    """What came of lines that come in parts of so many bytes."""
    parts = (lines[start : start + part] for start in range(0, len(lines), part))
    read = (read_line(line, organization_id, _times()) for line in split_lines(parts))
    return ImportSessions(store)(organization_id, map(Line, count(1), read), lambda: math.inf)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=st.lists(SESSIONS, min_size=1, max_size=8), part=st.integers(1, 3000))
def test_any_sessions_go_out_and_come_in_again(
    stores: tuple[PeeweeStore, PeeweeStore], drawn: list[dict[str, object]], part: int
) -> None:
    source, target = stores
    first, second = agent_in_both(stores)
    sessions = [a_session(first, one) for one in drawn]
    put(source, sessions)
    lines = export(source, first.organization_id)
    assert load(target, second.organization_id, lines, part) == Imported(created=len(sessions))
    assert export(target, second.organization_id) == lines
    assert load(target, second.organization_id, lines, part) == Imported(unchanged=len(sessions))
    theirs = [replace(session, organization_id=second.organization_id) for session in sessions]
    assert target.bulk.export(second.organization_id, bytes(16), 9) == sorted(theirs, key=lambda s: s.id)


@pytest.mark.parametrize("number", [3_000, pytest.param(100_000, marks=pytest.mark.reliability)])
def test_many_go_out_and_come_in_again(number: int, stores: tuple[PeeweeStore, PeeweeStore]) -> None:
    source, target = stores
    first, second = agent_in_both(stores)
    layer = Layer.of([CapabilityConfig("web_fetch", {"timeout_ms": 30000})])
    usual = {"tags": ("a",), "capabilities": layer, "model_id": None, "status": SessionStatus.IDLE, "age": 0}
    put(source, [a_session(first, {**usual, "title": f"title {place}"}) for place in range(number)])
    lines = export(source, first.organization_id)
    assert lines.count(b"\n") == number
    # It broke off, and is made again from the beginning.
    some = lines[: lines.index(b"\n", len(lines) // 3) + 1]
    before = load(target, second.organization_id, some, 256 * 1024).created
    again = load(target, second.organization_id, lines, 256 * 1024)
    assert again == Imported(created=number - before, unchanged=before)
    assert export(target, second.organization_id) == lines
