"""What a change of an agent is said to do to its sessions is what it does, and it can be undone."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.core.agent import Agent, AgentSpec
from server.core.clock import SystemClock
from server.core.environment import Environment
from server.core.layer import CapabilityConfig, Layer, Mode
from server.core.merge import Severity
from server.core.model import ANY_MODEL
from server.core.page import PageRequest
from server.core.runtime_agent import RuntimeAgent
from server.core.session import Session, SessionFilter
from server.core.store import Store
from server.usecases.changed_agent import AgentUpdate
from server.usecases.get_runtime_agent import GetRuntimeAgent
from server.usecases.preview_agent_update import PreviewAgentUpdate, SessionImpact
from server.usecases.rollback_agent import RollbackAgent
from server.usecases.update_agent import UpdateAgent
from tests.store.examples import a_session, an_agent, create, kept, new_organization
from tests.unit.capabilities import BUILT_IN

CLOCK = SystemClock()
HERE = Environment.of(BUILT_IN, ANY_MODEL, None)
REFS = ["web_fetch", "virtual_bash", "session_file_system", "session_storage", "noop"]
CONFIGS = st.sampled_from([None, {"timeout_ms": 5}, {"timeout_ms": 6}])
MODELS = st.sampled_from([None, "m", "n"])


def layers(entries: st.SearchStrategy[CapabilityConfig]) -> st.SearchStrategy[Layer]:
    """Layers of the built-in catalog that a write may have, but for what depends on the layer below."""
    return st.lists(entries, max_size=3, unique_by=lambda entry: entry.ref).map(Layer.of)


OTHERS = st.builds(CapabilityConfig, st.sampled_from(REFS[1:]))
AGENT_LAYERS = layers(
    OTHERS
    | st.builds(
        CapabilityConfig, st.just("web_fetch"), CONFIGS, locked=st.sampled_from([(), (), ("/timeout_ms",)])
    )
)
SESSION_LAYERS = layers(
    OTHERS
    | st.builds(CapabilityConfig, st.just("web_fetch"), CONFIGS)
    | st.builds(CapabilityConfig, st.sampled_from(REFS), st.none(), st.just(Mode.EXCLUDE))
)
SPECS = st.builds(
    AgentSpec,
    name=st.just("n"),
    system_prompt=st.sampled_from(["p", "q"]),
    description=st.sampled_from([None, "d"]),
    default_model_id=MODELS,
    capabilities=AGENT_LAYERS,
    max_iterations=st.sampled_from([1, 2]),
)
FIELDS = ("system_prompt", "description", "default_model_id", "capabilities", "max_iterations")
CHANGES = st.tuples(SPECS, st.sets(st.sampled_from(FIELDS), max_size=3))
SESSIONS = st.lists(st.tuples(SESSION_LAYERS, MODELS, st.booleans()), max_size=8)


def update_of(agent: Agent, spec: AgentSpec, fields: set[str]) -> AgentUpdate:
    """The change of an agent's fields to those of the spec."""
    return AgentUpdate(agent.organization_id, agent.id, replace(spec, name=agent.name), fields)


def runtimes(store: Store, agent: Agent) -> dict[bytes, RuntimeAgent]:
    """What a worker runs for each session of an agent."""
    get = GetRuntimeAgent(store, HERE)
    filter = SessionFilter(agent_id=agent.id)
    rows = store.sessions.list(agent.organization_id, filter, PageRequest(size=1000)).items
    return {row.session.id: get(agent.organization_id, row.session.id).runtime_agent for row in rows}


def pages(store: Store, update: AgentUpdate, size: int) -> Iterator[SessionImpact]:
    """All that a change is said to do, page by page."""
    preview, page = PreviewAgentUpdate(store, HERE, CLOCK), PageRequest(size=size)
    while True:
        found = preview(update, page)
        assert len(found.impacts) <= size
        yield from found.impacts
        if found.next is None:
            return
        page = PageRequest(size=size, after=found.next)


def new_agent(store: Store, organization: bytes, spec: AgentSpec) -> Agent:
    """An agent that is kept."""
    agent = an_agent(organization)
    values = {field: getattr(spec, field) for field in FIELDS}
    return kept(store.agents.create(replace(agent, **values), None, math.inf))


def new_session(store: Store, agent: Agent, layer: Layer, model: str | None, pinned: bool) -> Session:
    """A session that is kept."""
    session = replace(a_session(agent), capabilities=layer, model_id=model)
    return kept(create(store, replace(session, pinned_version=1 if pinned else None)))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SPECS, SESSIONS, CHANGES, st.integers(1, 4))
def test_what_a_change_is_said_to_do_is_what_it_does(
    store: Store,
    spec: AgentSpec,
    made: list[tuple[Layer, str | None, bool]],
    change: tuple[AgentSpec, set[str]],
    size: int,
) -> None:
    agent = new_agent(store, new_organization(store), spec)
    for wanted in made:
        new_session(store, agent, *wanted)
    update = update_of(agent, *change)
    before = runtimes(store, agent)
    said = {found.session_id: found.impact for found in pages(store, update, size)}
    would_be = UpdateAgent(store, HERE.merge, ANY_MODEL, CLOCK)(update, math.inf, validate_only=True)
    assert runtimes(store, agent) == before
    is_now = UpdateAgent(store, HERE.merge, ANY_MODEL, CLOCK)(update, math.inf)
    assert replace(would_be, updated_at=is_now.updated_at) == is_now
    after = runtimes(store, agent)
    assert said.keys() == {id for id in before if before[id].digest != after[id].digest}
    for id, impact in said.items():
        old, new = before[id].merged, after[id].merged
        assert (impact.digest, impact.new_digest) == (before[id].digest, after[id].digest)
        assert impact.is_broken is bool(errors(after[id]) - errors(before[id]))
        assert {*impact.problems} == {*new.problems} - {*old.problems}
        assert {*impact.lost_features} == {*old.features} - {*new.features}


def errors(runtime: RuntimeAgent) -> set[object]:
    """What is wrong with it."""
    return {problem for problem in runtime.merged.problems if problem.severity is Severity.ERROR}


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SPECS, st.lists(CHANGES, max_size=5), SESSION_LAYERS, st.data())
def test_every_effective_change_is_a_version_to_go_back_to(
    store: Store,
    spec: AgentSpec,
    changes: list[tuple[AgentSpec, set[str]]],
    layer: Layer,
    data: st.DataObject,
) -> None:
    agent = new_agent(store, new_organization(store), spec)
    new_session(store, agent, layer, None, False)
    seen = [(agent, runtimes(store, agent))]
    for change in changes:
        changed = UpdateAgent(store, HERE.merge, ANY_MODEL, CLOCK)(update_of(agent, *change), math.inf)
        if content(changed) != content(seen[-1][0]):
            seen.append((changed, runtimes(store, agent)))
        assert changed.version == len(seen)
    number = data.draw(st.integers(1, len(seen)))
    back = RollbackAgent(store, CLOCK)(agent.organization_id, agent.id, number, math.inf)
    is_other = content(back) != content(seen[-1][0])
    assert content(back) == content(seen[number - 1][0])
    assert back.version == len(seen) + is_other
    digests = [one.digest for one in runtimes(store, agent).values()]
    assert digests == [one.digest for one in seen[number - 1][1].values()]
    total = store.agent_versions.list(agent.organization_id, agent.id, PageRequest()).total
    assert total == back.version


def content(agent: Agent) -> list[object]:
    """What was changed of it."""
    return [getattr(agent, field) for field in FIELDS]


@pytest.mark.parametrize("distinct", [False, True])
def test_a_page_ends_soon_however_many_sessions_there_are(
    store: Store, monkeypatch: pytest.MonkeyPatch, distinct: bool
) -> None:
    monkeypatch.setattr("server.usecases.preview_agent_update.MOST_EXAMINED", 12)
    monkeypatch.setattr("server.usecases.preview_agent_update.MOST_DISTINCT", 5)
    monkeypatch.setattr("server.usecases.preview_agent_update._BATCH", 4)
    agent = new_agent(store, new_organization(store), AgentSpec("n", "p", default_model_id="m"))
    for number in range(30):
        new_session(store, agent, Layer.of([]), f"m{number}" if distinct else "m", False)
    update = update_of(agent, AgentSpec("n", "p", default_model_id="other"), {"default_model_id"})
    preview, after, examined = PreviewAgentUpdate(store, HERE, CLOCK), None, []
    while True:
        # All have a model of their own, so none changes.
        found = preview(update, PageRequest(after=after))
        examined.append(found.examined)
        assert (found.impacts, found.total) == ((), 30)
        if found.next is None:
            break
        after = found.next
    assert examined == ([5] * 6 if distinct else [12, 12, 6])
