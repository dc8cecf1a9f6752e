"""Which capabilities a merge has, in which order, and who brought each in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.catalog import CapabilityStatus, Catalog
from server.core.effective_config import LayerName
from server.core.layer import CapabilityConfig, Layer
from server.core.merge import Layers, Merged, Source, merge, remembering
from tests.unit.capabilities import BUILT_IN, capability, layer, merged, refs
from tests.unit.strategies import merges


def usable(catalog: Catalog, layers: Layers) -> list[tuple[LayerName, str]]:
    """What the layers name that the catalog has, each layer's first mention alone."""
    found: list[tuple[LayerName, str]] = []
    for name, content in layers.named():
        for entry in content.entries:
            known = catalog.get(entry.ref)
            if known and known.status is not CapabilityStatus.COMING_SOON and (name, entry.ref) not in found:
                found.append((name, entry.ref))
    return found


def expanded(catalog: Catalog, wanted: list[str]) -> list[str]:
    """The refs with their dependencies, depth first."""
    order: list[str] = []

    def visit(ref: str) -> None:
        known = catalog.get(ref)
        if known is None or ref in order:
            return
        for dependency in known.dependencies:
            visit(dependency)
        order.append(ref)

    for ref in wanted:
        visit(ref)
    return order


@given(merges())
def test_a_merge_is_deterministic(world: tuple[Catalog, Layers]) -> None:
    catalog, layers = world
    again = Layers(*(Layer.of(list(named.entries)) for named in (layers.agent, layers.session, layers.base)))
    assert merge(catalog, layers) == merge(catalog, again)


@given(merges())
def test_remembering_changes_nothing(world: tuple[Catalog, Layers]) -> None:
    catalog, layers = world
    remembered = remembering(catalog)
    assert remembered(layers) == remembered(layers) == merge(catalog, layers)


@given(merges())
def test_dependencies_come_first_once_and_where_the_first_needs_them(world: tuple[Catalog, Layers]) -> None:
    catalog, layers = world
    assert refs(merge(catalog, layers)) == expanded(catalog, [ref for _, ref in usable(catalog, layers)])


@given(merges())
def test_a_ref_keeps_its_place_when_a_higher_layer_names_it_again(world: tuple[Catalog, Layers]) -> None:
    catalog, layers = world
    below = {entry.ref for entry in (*layers.base.entries, *layers.agent.entries)}
    fresh = Layer.of(entry for entry in layers.session.entries if entry.ref not in below)
    without = Layers(agent=layers.agent, session=fresh, base=layers.base)
    assert refs(merge(catalog, layers)) == refs(merge(catalog, without))


@given(merges())
def test_the_layers_below_come_first_as_they_are_alone(world: tuple[Catalog, Layers]) -> None:
    catalog, layers = world
    alone = refs(merge(catalog, Layers(agent=layers.agent, base=layers.base)))
    assert refs(merge(catalog, layers))[: len(alone)] == alone


@given(merges())
def test_the_source_is_the_lowest_layer_that_names_it(world: tuple[Catalog, Layers]) -> None:
    catalog, layers = world
    named = usable(catalog, layers)
    for resolved in merge(catalog, layers).capabilities:
        id = resolved.capability.id
        sources = [Source(layer) for layer, ref in named if ref == id] or [Source.DEPENDENCY]
        assert resolved.source is sources[0]


@given(merges())
def test_required_by_names_those_that_depend_on_it_directly(world: tuple[Catalog, Layers]) -> None:
    catalog, layers = world
    result = merge(catalog, layers)
    for resolved in result.capabilities:
        needing = [
            r.capability.id
            for r in result.capabilities
            if needs(catalog, r.capability.id, resolved.capability.id)
        ]
        assert list(resolved.required_by) == needing


def needs(catalog: Catalog, id: str, other: str) -> bool:
    known = catalog.get(id)
    return known is not None and other in known.dependencies


@given(merges())
def test_features_are_each_there_once_in_resolved_order(world: tuple[Catalog, Layers]) -> None:
    catalog, layers = world
    result = merge(catalog, layers)
    every = [feature for resolved in result.capabilities for feature in resolved.capability.features]
    assert sorted(result.features) == sorted(set(every))
    assert list(result.features) == sorted(result.features, key=every.index)


@given(merges())
def test_tools_are_each_there_once_in_resolved_order(world: tuple[Catalog, Layers]) -> None:
    catalog, layers = world
    result = merge(catalog, layers)
    every = [(r.capability.id, tool) for r in result.capabilities for tool in r.capability.tools]
    names = [tool.name for _, tool in every]
    firsts = [pair for place, pair in enumerate(every) if pair[1].name not in names[:place]]
    assert [(tool.capability, tool.tool) for tool in result.tools] == firsts


@pytest.mark.parametrize(
    ("agent", "session", "expected"),
    [
        ([], [], []),
        (["web_fetch", "current_time"], ["current_time", "noop"], ["web_fetch", "current_time", "noop"]),
        (["virtual_bash"], [], ["session_file_system", "virtual_bash"]),
        (["virtual_bash"], ["session_file_system"], ["session_file_system", "virtual_bash"]),
        (["session_file_system", "noop"], ["skills"], ["session_file_system", "noop", "skills"]),
        (["noop", "skills"], ["virtual_bash"], ["noop", "session_file_system", "skills", "virtual_bash"]),
    ],
)
def test_places_in_the_built_in_catalog(agent: list[str], session: list[str], expected: list[str]) -> None:
    assert refs(merged(BUILT_IN, agent=layer(*agent), session=layer(*session))) == expected


def test_features_of_the_built_in_catalog() -> None:
    result = merged(BUILT_IN, agent=layer("virtual_bash"), session=layer("session_storage"))
    assert result.features == ("file_system", "secrets", "key_value")


def test_a_dependency_that_a_layer_names_too_is_of_that_layer() -> None:
    result = merged(BUILT_IN, agent=layer("virtual_bash"), session=layer("session_file_system", "skills"))
    files, bash, skills = result.capabilities
    assert (files.source, files.required_by) == (Source.SESSION, ("virtual_bash", "skills"))
    assert (bash.source, skills.source) == (Source.AGENT, Source.SESSION)


def test_a_dependency_of_a_dependency_is_required_by_the_one_that_names_it() -> None:
    catalog = Catalog.of([capability("a", needs=["b"]), capability("b", needs=["c"]), capability("c")])
    result: Merged = merged(catalog, agent=layer("a"))
    assert [(r.capability.id, r.source, r.required_by) for r in result.capabilities] == [
        ("c", Source.DEPENDENCY, ("b",)),
        ("b", Source.DEPENDENCY, ("a",)),
        ("a", Source.AGENT, ()),
    ]


@given(st.permutations(["virtual_bash", "skills", "sample_data", "session_file_system"]))
def test_a_shared_dependency_is_there_once_before_all(order: list[str]) -> None:
    result = refs(merged(BUILT_IN, session=layer(*order)))
    assert result[0] == "session_file_system"
    assert result[1:] == [ref for ref in order if ref != "session_file_system"]


def test_equal_layers_of_another_key_order_are_one() -> None:
    one = Layer.of([CapabilityConfig("web_fetch", {"timeout_ms": 1, "max_bytes": 2})])
    other = Layer.of([CapabilityConfig("web_fetch", {"max_bytes": 2, "timeout_ms": 1})])
    assert merged(BUILT_IN, agent=one) == merged(BUILT_IN, agent=other)
