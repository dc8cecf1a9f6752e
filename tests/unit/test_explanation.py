"""What an explanation says wins is what the runtime agent has, and what it says is out is not there."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.catalog import Catalog
from server.core.effective_config import LayerName, replay
from server.core.explanation import Explanation, explain
from server.core.layer import Layer, Mode
from server.core.merge import Layers, Source, merge
from server.core.model import ANY_MODEL
from server.core.rule import Rule
from server.core.runtime_agent import ModelSource, RuntimeAgent, RuntimeSettings, compose
from server.core.selection import Entry
from tests.unit.capabilities import BUILT_IN, capability, layer, merged
from tests.unit.strategies import MODEL_TABLES, MODELS, merges, strict_merges

SETTINGS = st.builds(
    RuntimeSettings,
    st.sampled_from(["p", "q"]),
    MODELS,
    MODELS,
    MODELS,
    st.sampled_from([1, 100]),
    MODEL_TABLES,
)
WORLDS = merges() | strict_merges()
PLAIN = RuntimeSettings("p", None, None, None, 100, ANY_MODEL)


@given(WORLDS, SETTINGS)
def test_what_wins_is_what_the_runtime_agent_has(
    world: tuple[Catalog, Layers], settings: RuntimeSettings
) -> None:
    runtime = compose(merge(*world), settings)
    why = explain(runtime)
    has = [(r.capability.id, r.source, r.config, r.provenance) for r in runtime.merged.capabilities]
    assert [
        (c.resolved.capability.id, c.resolved.source, replay(x.leaf for x in c.config), told(why, i))
        for i, c in enumerate(why.capabilities)
    ] == has
    assert [(t.tool.tool, t.tool.capability) for t in why.tools] == [
        (t.tool, t.capability) for t in runtime.merged.tools
    ]
    assert tuple(f.name for f in why.features) == runtime.merged.features
    assert "\n\n".join(p.part.text for p in why.prompt) == runtime.system_prompt
    assert (why.model.chosen.model, why.model.chosen.source) == (runtime.model, runtime.model_source)
    assert why.max_iterations.max_iterations == runtime.max_iterations
    assert (why.problems, why.digest) == (runtime.merged.problems, runtime.digest)


def told(why: Explanation, place: int) -> tuple[object, ...]:
    return tuple(explained.leaf for explained in why.capabilities[place].config)


@given(WORLDS)
def test_every_entry_is_explained_in_or_out(world: tuple[Catalog, Layers]) -> None:
    catalog, layers = world
    why = explained(catalog, layers)
    named = {(e.layer, e.index) for c in why.capabilities for e in c.resolved.named_by}
    out = {(one.entry.layer, one.entry.index) for one in why.left_out if one.entry}
    every = {
        (name, index)
        for name, content in layers.named()
        for index, entry in enumerate(content.entries)
        if entry.mode is Mode.INCLUDE
    }
    repeated = {(o.entry.layer, o.entry.index) for o in why.left_out if o.entry and o.rule is Rule.REPEATED}
    assert not named & out
    assert (named | out) - repeated == every - repeated


@given(WORLDS)
def test_entries_and_chains_say_why_a_capability_is_in(world: tuple[Catalog, Layers]) -> None:
    catalog, layers = world
    why = explained(catalog, layers)
    named = {c.resolved.capability.id for c in why.capabilities if c.resolved.named_by}
    for one in why.capabilities:
        id = one.resolved.capability.id
        assert [ref_of(layers, entry) for entry in one.resolved.named_by] == [id] * len(one.resolved.named_by)
        assert id in catalog.dependencies_first(ref_of(layers, one.resolved.brought_by))
        assert (one.rule is Rule.DEPENDENCY) is (one.resolved.source is Source.DEPENDENCY)
        needing = {root for root in named - {id} if id in catalog.dependencies_first(root)}
        assert {way[0] for way in one.needed_by} == needing
        for way in one.needed_by:
            assert way[-1] == id
            for upper, lower in pairwise(way):
                assert lower in dependencies_of(catalog, upper)
        assert one.resolved.named_by or one.needed_by


def explained(catalog: Catalog, layers: Layers) -> Explanation:
    return explain(compose(merge(catalog, layers), PLAIN))


def ref_of(layers: Layers, entry: Entry) -> str:
    content: dict[LayerName, Layer] = dict(layers.named())
    return content[entry.layer].entries[entry.index].ref


def dependencies_of(catalog: Catalog, id: str) -> tuple[str, ...]:
    known = catalog.get(id)
    return known.dependencies if known else ()


@given(WORLDS)
def test_the_rule_of_a_leaf_is_the_one_by_which_it_won(world: tuple[Catalog, Layers]) -> None:
    for one in explained(*world).capabilities:
        for leaf in one.config:
            if leaf.rule is Rule.DEFAULT:
                assert (leaf.leaf.layer, leaf.leaf.overridden) == (LayerName.DEFAULT, ())
            if leaf.rule is Rule.LOCK:
                assert one.resolved.locks
                assert one.resolved.kept_out


@pytest.mark.parametrize(
    ("session", "agent", "server", "rule", "beaten"),
    [
        ("s", "a", "v", Rule.SESSION_OVER_AGENT, [ModelSource.AGENT, ModelSource.SERVER]),
        ("s", None, "v", Rule.SESSION_OVER_AGENT, [ModelSource.SERVER]),
        (None, "a", "v", Rule.AGENT_OVER_SERVER, [ModelSource.SERVER]),
        (None, None, "v", Rule.SERVER_DEFAULT, []),
        (None, None, None, Rule.UNSET, []),
    ],
)
def test_the_model_beats_those_after_it(
    session: str | None, agent: str | None, server: str | None, rule: Rule, beaten: list[ModelSource]
) -> None:
    runtime: RuntimeAgent = compose(
        merged(BUILT_IN), RuntimeSettings("p", agent, session, server, 1, ANY_MODEL)
    )
    model = explain(runtime).model
    assert model.rule is rule
    assert [choice.source for choice in model.overridden] == beaten


def test_tools_and_features_name_those_that_had_them_too() -> None:
    catalog = Catalog.of(
        [capability(id, tools=["t"], features=["f"]) for id in ("a", "b", "c")] + [capability("quiet")]
    )
    why = explain(compose(merged(catalog, agent=layer("b", "quiet"), session=layer("c", "a")), PLAIN))
    (tool,), (feature,) = why.tools, why.features
    assert (tool.tool.capability, tool.tool.beaten) == ("b", ("c", "a"))
    assert (feature.capability, feature.also) == ("b", ("c", "a"))
    assert (tool.brought_by, feature.brought_by.path) == (feature.brought_by, "agent.capabilities[0]")
