"""A session keeps in which environment it was created, so that another server can tell what has changed."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from server.core.catalog import Catalog
from server.core.clock import SystemClock
from server.core.drift import DriftSource
from server.core.environment import Environment, environment_id, environment_text
from server.core.errors import Reason, ServiceError
from server.core.model import ANY_MODEL, Model, ModelTable
from server.core.session import Pin, Session, SessionSpec
from server.core.store import Store
from server.usecases.create_session import CreateSession
from server.usecases.get_session_drift import DriftedSession, GetSessionDrift
from tests.store.examples import a_layer, a_session, create, kept, new_agent, new_organization
from tests.unit.capabilities import capability

CLOCK = SystemClock()
OLD = Environment.of(Catalog.of([capability("a", features=["f"]), capability("b")]), ANY_MODEL, "m")
NEW = Environment.of(
    Catalog.of([capability("a", features=["g"]), capability("b")]),
    ModelTable([Model("big", "Big", "vendor", aliases=("m",))]),
    "m",
)


def new_session(store: Store, here: Environment, *refs: str, model: str | None = "x") -> Session:
    """A session of a new agent, made by a server of an environment."""
    text = environment_text(here)
    store.environments.keep(environment_id(text), text)
    agent = new_agent(store, new_organization(store))
    layer = a_layer(**dict.fromkeys(refs))
    spec = SessionSpec(agent_id=agent.id, model_id=model, capabilities=layer, pin=Pin())
    make = CreateSession(store, here.merge, here.models, CLOCK, environment_id(text))
    return make(agent.organization_id, spec, "", math.inf).result().value.session


def drift_of(store: Store, session: Session, here: Environment) -> DriftedSession:
    """The drift that a server of an environment tells."""
    get = GetSessionDrift(store, here, environment_id(environment_text(here)))
    return get(session.organization_id, session.id)


def test_what_a_server_has_changed_is_told_by_another(store: Store) -> None:
    session = new_session(store, OLD, "a")
    assert session.environment == environment_id(environment_text(OLD))
    same, other = (drift_of(store, session, here) for here in (OLD, NEW))
    assert (same.drift.sources, same.environment_known) == ((), True)
    assert (other.drift.sources, other.environment_known) == ((DriftSource.SERVER,), True)
    assert other.drift.changed_capabilities == ("a",)
    assert other.drift.agent_changes == ()


def test_what_it_has_changed_elsewhere_is_no_drift(store: Store) -> None:
    found = drift_of(store, new_session(store, OLD, "b"), NEW)
    assert (found.drift.sources, found.drift.changed_capabilities) == ((), ())


def test_a_model_that_is_called_otherwise_is_drift(store: Store) -> None:
    found = drift_of(store, new_session(store, OLD, "b", model=None), NEW)
    assert (found.drift.sources, found.drift.changed_capabilities) == ((DriftSource.SERVER,), ())
    assert found.drift.comparison.model is not None
    then, now = found.drift.comparison.model
    assert (then.chosen.model, now.chosen.model) == ("m", "big")


@pytest.mark.parametrize("text", [None, "", '{"capabilities": []}'])
def test_where_it_is_not_known_what_a_server_had_it_is_said(store: Store, text: str | None) -> None:
    session = new_session(store, OLD, "a")
    unknown = replace(session, id=a_session(new_agent(store, session.organization_id)).id, environment=None)
    if text is not None:
        lost = environment_id(f"{session.id.hex()} {text}")
        store.environments.keep(lost, text)
        unknown = replace(unknown, environment=lost)
    kept(create(store, unknown))
    found = drift_of(store, unknown, NEW)
    assert (found.drift.sources, found.environment_known) == ((), False)


def test_a_session_that_there_is_not(store: Store) -> None:
    session = new_session(store, OLD)
    with pytest.raises(ServiceError) as refused:
        drift_of(store, replace(session, organization_id=new_organization(store)), OLD)
    assert refused.value.reason is Reason.SESSION_NOT_FOUND
