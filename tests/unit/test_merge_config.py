"""The config that a capability has once the layers are merged, and where it is from."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.core.catalog import Catalog
from server.core.effective_config import LayerName, Overridden, Provenance, replay
from server.core.json import JsonObject, JsonValue
from server.core.layer import CapabilityConfig, Layer
from server.core.merge import Layers, Merged, Resolved, merge
from tests.unit.capabilities import BUILT_IN, config_of, layer, merged, refs
from tests.unit.merge_patch import merge_patch
from tests.unit.strategies import merges

DEFAULT, BASE, AGENT, SESSION = LayerName
WEB_FETCH: JsonObject = {"timeout_ms": 1000, "allowed_hosts": ["a.example"]}


def expected_config(layers: Layers, resolved: Resolved) -> JsonValue:
    config: JsonValue = resolved.capability.default_config
    for _, content in layers.named():
        first = next((entry for entry in content.entries if entry.ref == resolved.capability.id), None)
        if first is not None and first.config is not None:
            config = merge_patch(config, first.config)
    return config


def settled(merged: Merged) -> dict[str, tuple[JsonObject, tuple[Provenance, ...]]]:
    return {r.capability.id: (r.config, r.provenance) for r in merged.capabilities}


@given(merges())
def test_it_is_the_default_and_then_each_layers_merge_patch(world: tuple[Catalog, Layers]) -> None:
    catalog, layers = world
    for resolved in merge(catalog, layers).capabilities:
        assert resolved.config == expected_config(layers, resolved)


@given(merges())
def test_replaying_the_provenance_rebuilds_it(world: tuple[Catalog, Layers]) -> None:
    catalog, layers = world
    for resolved in merge(catalog, layers).capabilities:
        assert replay(resolved.provenance) == resolved.config


@given(merges())
def test_only_layers_that_give_the_capability_a_config_are_in_its_provenance(
    world: tuple[Catalog, Layers],
) -> None:
    catalog, layers = world
    for resolved in merge(catalog, layers).capabilities:
        giving = {DEFAULT}
        for name, content in layers.named():
            if any(e.ref == resolved.capability.id and e.config is not None for e in content.entries):
                giving.add(name)
        found = {leaf.layer for leaf in resolved.provenance}
        found |= {beaten.layer for leaf in resolved.provenance for beaten in leaf.overridden}
        assert found <= giving


@given(merges(sound=True), st.data())
def test_adding_an_entry_without_config_changes_no_config(
    world: tuple[Catalog, Layers], data: st.DataObject
) -> None:
    catalog, layers = world
    name = data.draw(st.sampled_from([BASE, AGENT, SESSION]))
    before = {"base": layers.base, "agent": layers.agent, "session": layers.session}
    entries = list(before[name].entries)
    added = data.draw(
        st.sampled_from([c.id for c in catalog if c.id not in {e.ref for e in entries}] or ["x"])
    )
    entries.insert(data.draw(st.integers(0, len(entries))), CapabilityConfig(added))
    after = settled(merge(catalog, Layers(**{**before, name.value: Layer.of(entries)})))
    for ref, kept in settled(merge(catalog, layers)).items():
        assert after[ref] == kept


@given(merges())
def test_a_dependency_that_no_layer_names_has_its_default(world: tuple[Catalog, Layers]) -> None:
    catalog, layers = world
    named = {entry.ref for _, content in layers.named() for entry in content.entries}
    for resolved in merge(catalog, layers).capabilities:
        if resolved.capability.id not in named:
            assert resolved.config == resolved.capability.default_config
            assert {leaf.layer for leaf in resolved.provenance} == {DEFAULT}


def test_a_session_overrides_one_key_and_keeps_the_other() -> None:
    result = merged(
        BUILT_IN,
        agent=layer("current_time", ("web_fetch", WEB_FETCH), "noop"),
        session=layer("session", ("web_fetch", {"timeout_ms": 30000})),
    )
    assert refs(result) == ["current_time", "web_fetch", "noop", "session"]
    assert config_of(result, "web_fetch") == {"timeout_ms": 30000, "allowed_hosts": ["a.example"]}
    assert [t.tool.name for t in result.tools if t.capability == "web_fetch"] == ["web_fetch"]
    assert result.problems == ()
    assert result.capabilities[1].provenance == (
        Provenance("/allowed_hosts", AGENT, ["a.example"], ()),
        Provenance("/timeout_ms", SESSION, 30000, (Overridden(DEFAULT, 30000), Overridden(AGENT, 1000))),
    )


def test_lists_are_replaced_and_null_takes_the_default_away() -> None:
    session: JsonObject = {"allowed_hosts": ["b.example"], "timeout_ms": None}
    result = merged(BUILT_IN, agent=layer(("web_fetch", WEB_FETCH)), session=layer(("web_fetch", session)))
    assert config_of(result, "web_fetch") == {"allowed_hosts": ["b.example"]}
    assert result.problems == ()


def test_a_mention_without_config_or_with_an_empty_one_takes_nothing_away() -> None:
    agent = layer(("web_fetch", WEB_FETCH))
    empty: JsonObject = {}
    alone = settled(merged(BUILT_IN, agent=agent))
    assert settled(merged(BUILT_IN, agent=agent, session=layer("web_fetch"))) == alone
    assert settled(merged(BUILT_IN, agent=agent, session=layer(("web_fetch", empty)))) == alone


def test_the_base_is_below_the_agent() -> None:
    layers = Layers(
        base=layer(("web_fetch", {"timeout_ms": 1, "max_bytes": 5})),
        agent=layer(("web_fetch", {"timeout_ms": 2})),
    )
    result = merge(BUILT_IN, layers)
    assert config_of(result, "web_fetch") == {"timeout_ms": 2, "max_bytes": 5}
    assert result.capabilities[0].source == "base"
    assert [(leaf.path, leaf.layer) for leaf in result.capabilities[0].provenance] == [
        ("/max_bytes", BASE),
        ("/timeout_ms", AGENT),
    ]
