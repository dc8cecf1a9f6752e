"""Drift is empty exactly when a session runs with the same, and names where it comes from."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from server.core.agent import Agent, AgentStatus
from server.core.catalog import Catalog
from server.core.drift import Drift, DriftSource, Surroundings, find_drift
from server.core.environment import (
    Environment,
    environment_id,
    environment_text,
    read_environment,
)
from server.core.layer import Layer
from server.core.model import ANY_MODEL, Model, ModelTable
from server.core.session import Session, SessionStatus
from tests.unit.capabilities import BUILT_IN, capability, layer
from tests.unit.strategies import MODEL_TABLES, MODELS, catalogs, strict_merges

ENVIRONMENTS = st.builds(Environment.of, catalogs() | st.just(BUILT_IN), MODEL_TABLES, MODELS)
AGENT = Agent(b"", b"a", "n", None, None, "p", None, (), layer(), 100, AgentStatus.ACTIVE, 1, 1)
SESSION = Session(b"", b"s", b"a", None, (), None, layer(), SessionStatus.STARTED, 1, 1)


@st.composite
def surroundings(draw: st.DrawFn) -> tuple[Session, Surroundings, Surroundings]:
    """A session, and what it had and has around it, which often are the same, or nearly."""
    catalog, layers = draw(strict_merges())
    other_catalog, other_layers = draw(strict_merges() | st.just((catalog, layers)))
    session = replace(SESSION, capabilities=layers.session, model_id=draw(MODELS))
    sides = []
    for one, of in ((catalog, layers), (draw(st.sampled_from([catalog, other_catalog])), other_layers)):
        agent = replace(
            AGENT,
            capabilities=draw(st.sampled_from([layers.agent, of.agent])),
            default_model_id=draw(MODELS),
            description=draw(st.sampled_from([None, "d"])),
        )
        sides.append(Surroundings(agent, Environment.of(one, draw(MODEL_TABLES), draw(MODELS))))
    return session, sides[0], sides[1]


@settings(max_examples=40)
@given(surroundings())
def test_it_is_empty_exactly_when_the_session_runs_with_the_same(
    case: tuple[Session, Surroundings, Surroundings],
) -> None:
    session, then, now = case
    drift = find_drift(session, then, now)
    before = then.environment.runtime_agent(then.agent, session)
    after = now.environment.runtime_agent(now.agent, session)
    is_same = before.digest == after.digest
    assert (drift.then.digest, drift.now.digest) == (before.digest, after.digest)
    assert drift.comparison.is_empty is (drift.sources == ()) is is_same
    if is_same:
        assert not drift.agent_changes
        assert not drift.changed_capabilities
    if DriftSource.AGENT in drift.sources:
        assert drift.agent_changes


@settings(max_examples=40)
@given(surroundings())
def test_what_has_not_changed_is_no_source(case: tuple[Session, Surroundings, Surroundings]) -> None:
    session, then, now = case
    by_agent = find_drift(session, then, replace(now, environment=then.environment))
    assert set(by_agent.sources) <= {DriftSource.AGENT}
    by_server = find_drift(session, then, replace(now, agent=then.agent))
    assert set(by_server.sources) <= {DriftSource.SERVER}
    assert find_drift(session, then, then).comparison.is_empty


@settings(max_examples=40)
@given(ENVIRONMENTS, ENVIRONMENTS)
def test_an_environment_is_read_back_and_known_by_its_text(one: Environment, other: Environment) -> None:
    text = environment_text(one)
    again = read_environment(text)
    assert again is not None
    assert (list(again.catalog), list(again.models)) == (list(one.catalog), list(one.models))
    assert again.default_model == one.default_model
    assert environment_text(again) == text
    is_same = text == environment_text(other)
    assert (environment_id(text) == environment_id(environment_text(other))) is is_same
    assert -(2**63) <= environment_id(text) < 2**63


def test_what_was_kept_otherwise_is_no_environment() -> None:
    whole = environment_text(Environment.of(BUILT_IN, ANY_MODEL, None))
    for text in ("", "{}", "[]", "null", '{"capabilities": 1}', whole[:-1], whole.replace('"tools"', '"x"')):
        assert read_environment(text) is None


def drift_of(then: Catalog, now: Catalog, session: Layer) -> Drift:
    """The drift of a session whose catalog alone has changed."""
    sides = (Surroundings(AGENT, Environment.of(one, ANY_MODEL, None)) for one in (then, now))
    return find_drift(replace(SESSION, capabilities=session), *sides)


def test_the_capabilities_that_are_defined_otherwise_are_named() -> None:
    kept, used = capability("kept", prompt="Keep."), capability("used", needs=["needed"])
    needed, unused = capability("needed", features=["f"]), capability("unused")
    then = Catalog.of([kept, used, needed, unused])
    now = Catalog.of([kept, used, replace(needed, features=("g",)), replace(unused, features=("h",))])
    drift = drift_of(then, now, layer("kept", "used"))
    assert drift.sources == (DriftSource.SERVER,)
    assert drift.changed_capabilities == ("needed",)
    assert [difference.either.name for difference in drift.comparison.features] == ["f", "g"]
    assert drift_of(then, now, layer("kept")).sources == ()
    gone = drift_of(then, Catalog.of([kept]), layer("kept", "used"))
    assert gone.changed_capabilities == ("needed", "used")
    assert drift_of(Catalog.of([kept]), then, layer("used")).changed_capabilities == ("needed", "used")


def test_an_agent_that_changed_otherwise_is_no_source_of_what_the_server_did() -> None:
    now = Surroundings(replace(AGENT, description="d"), Environment.of(BUILT_IN, ANY_MODEL, "n"))
    drift = find_drift(SESSION, Surroundings(AGENT, Environment.of(BUILT_IN, ANY_MODEL, "m")), now)
    assert (drift.sources, drift.agent_changes) == ((DriftSource.SERVER,), ())


def test_two_changes_that_come_to_nothing_are_no_drift() -> None:
    # The agent names its model by an alias now, and the server knows it now.
    table = ModelTable([Model("big", "Big", "vendor", aliases=("m",))])
    then = Surroundings(replace(AGENT, default_model_id="big"), Environment.of(BUILT_IN, ANY_MODEL, None))
    now = Surroundings(replace(AGENT, default_model_id="m"), Environment.of(BUILT_IN, table, None))
    drift = find_drift(SESSION, then, now)
    assert (drift.sources, drift.agent_changes, drift.comparison.is_empty) == ((), (), True)
