"""What a worker runs: the prompt and the model that a runtime agent is composed of."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.catalog import Catalog
from server.core.merge import Layers, merge
from server.core.model import ANY_MODEL
from server.core.runtime_agent import ModelSource, RuntimeSettings, compose
from tests.unit.capabilities import BUILT_IN, capability, layer, merged
from tests.unit.strategies import merges

SETTINGS = RuntimeSettings(
    agent_prompt="You are careful.",
    agent_model=None,
    session_model=None,
    server_model=None,
    max_iterations=100,
    models=ANY_MODEL,
)
TALKING = Catalog.of(
    [
        capability("a", prompt="How to use a."),
        capability("b", needs=["a"], prompt="How to use b,\nin two lines."),
        capability("quiet"),
    ]
)


def prompt_of(catalog: Catalog, *refs: str) -> str:
    return compose(merged(catalog, session=layer(*refs)), SETTINGS).system_prompt


def test_without_capability_texts_the_prompt_is_the_agents_own() -> None:
    assert prompt_of(TALKING) == prompt_of(TALKING, "quiet") == "You are careful."


def test_capability_texts_come_first_each_in_an_element_of_its_id() -> None:
    assert prompt_of(TALKING, "quiet", "b") == (
        '<capability id="a">\nHow to use a.\n</capability>\n\n'
        '<capability id="b">\nHow to use b,\nin two lines.\n</capability>\n\n'
        "<system-prompt>\nYou are careful.\n</system-prompt>"
    )


@given(merges())
def test_texts_are_in_resolved_order_and_the_agents_is_last(world: tuple[Catalog, Layers]) -> None:
    result = merge(*world)
    prompt = compose(result, SETTINGS).system_prompt
    talking = [r.capability.id for r in result.capabilities if r.capability.system_prompt]
    places = [prompt.index(f'<capability id="{id}">') for id in talking]
    assert places == sorted(places)
    assert prompt.count("<capability id=") == len(talking)
    if talking:
        assert prompt.endswith("\n\n<system-prompt>\nYou are careful.\n</system-prompt>")


@pytest.mark.parametrize(
    ("session", "agent", "server", "model", "source"),
    [
        ("s", "a", "v", "s", ModelSource.SESSION),
        ("s", "a", None, "s", ModelSource.SESSION),
        ("s", None, "v", "s", ModelSource.SESSION),
        ("s", None, None, "s", ModelSource.SESSION),
        (None, "a", "v", "a", ModelSource.AGENT),
        (None, "a", None, "a", ModelSource.AGENT),
        (None, None, "v", "v", ModelSource.SERVER),
        (None, None, None, None, ModelSource.UNSET),
    ],
)
def test_the_model_is_the_sessions_else_the_agents_else_the_servers(
    session: str | None, agent: str | None, server: str | None, model: str | None, source: ModelSource
) -> None:
    settings = replace(SETTINGS, session_model=session, agent_model=agent, server_model=server)
    runtime = compose(merged(BUILT_IN), settings)
    assert (runtime.model, runtime.model_source) == (model, source)


@given(st.integers(1, 1000), merges())
def test_the_merge_and_the_iterations_are_taken_as_they_are(
    iterations: int, world: tuple[Catalog, Layers]
) -> None:
    result = merge(*world)
    runtime = compose(result, replace(SETTINGS, max_iterations=iterations))
    assert (runtime.merged, runtime.max_iterations) == (result, iterations)
