"""What a session excludes is gone, as if no layer below had named it."""

from __future__ import annotations

import pytest
from hypothesis import given

from server.core.catalog import CapabilityStatus, Catalog
from server.core.effective_config import LayerName
from server.core.errors import Reason, ServiceError
from server.core.layer import CapabilityConfig, Layer, Mode
from server.core.merge import Layers, Merged, Severity, merge, refuse
from server.core.model import ANY_MODEL
from server.core.runtime_agent import RuntimeSettings, compose
from tests.unit.capabilities import BUILT_IN, capability, layer, merged, refs
from tests.unit.strategies import merges, strict_merges

SETTINGS = RuntimeSettings("p", None, None, None, 100, ANY_MODEL)


def without(*entries: str) -> Layer:
    """A layer of these refs; one with a minus before it is excluded."""
    return Layer.of(
        CapabilityConfig(entry[1:], mode=Mode.EXCLUDE) if entry[0] == "-" else CapabilityConfig(entry)
        for entry in entries
    )


def first_mentions(content: Layer) -> list[tuple[int, CapabilityConfig]]:
    """The entries of a layer that do not repeat one before them."""
    seen: dict[str, int] = {}
    return [
        (index, entry)
        for index, entry in enumerate(content.entries)
        if seen.setdefault(entry.ref, index) == index
    ]


def closure(catalog: Catalog, wanted: set[str]) -> set[str]:
    """The refs that the catalog can give, with all that they need."""
    found: set[str] = set()
    waiting = list(wanted)
    while waiting:
        known = catalog.get(waiting.pop())
        if known and known.id not in found and known.status is not CapabilityStatus.COMING_SOON:
            found.add(known.id)
            waiting += known.dependencies
    return found


def runtime(result: Merged) -> list[tuple[object, ...]]:
    """What a digest has of the capabilities."""
    return [
        (r.capability.id, r.config, r.source, r.required_by, r.provenance, r.locks)
        for r in result.capabilities
    ]


@given(strict_merges())
def test_it_is_as_if_no_layer_below_had_named_it(world: tuple[Catalog, Layers]) -> None:
    """Or as if the exclusion were not there, where it is refused."""
    catalog, layers = world
    result = merge(catalog, layers)
    refused = {p.field for p in result.problems if p.layer is LayerName.SESSION and p.field[-1] == "]"}
    mentions = first_mentions(layers.session)
    excluded = {
        entry.ref
        for index, entry in mentions
        if entry.mode is Mode.EXCLUDE and f"capabilities[{index}]" not in refused
    }
    agent, base = (
        Layer.of(entry for entry in below.entries if entry.ref not in excluded)
        for below in (layers.agent, layers.base)
    )
    session = Layer.of(entry for _, entry in mentions if entry.mode is Mode.INCLUDE)
    assert runtime(result) == runtime(merge(catalog, Layers(agent, session, base)))


@given(strict_merges())
def test_nothing_is_left_of_it(world: tuple[Catalog, Layers]) -> None:
    catalog, layers = world
    result = merge(catalog, layers)
    gone = {out.ref for out in result.left_out if out.rule in ("excluded", "no_longer_needed")}
    composed = compose(result, SETTINGS)
    assert gone.isdisjoint(refs(result))
    assert gone.isdisjoint(tool.capability for tool in result.tools)
    assert gone.isdisjoint(id for provider in result.providers for id in provider)
    assert gone.isdisjoint(id for resolved in result.capabilities for id in resolved.required_by)
    assert gone.isdisjoint(part.capability for part in composed.prompt)


@given(strict_merges())
def test_it_is_refused_exactly_when_it_is_needed_or_locked(world: tuple[Catalog, Layers]) -> None:
    catalog, layers = world
    found = {
        (p.reason, p.field)
        for p in merge(catalog, layers).problems
        if p.layer is LayerName.SESSION and p.field[-1] == "]"
    }
    below = [entry for content in (layers.base, layers.agent) for _, entry in first_mentions(content)]
    mentions = first_mentions(layers.session)
    exclusions = {entry.ref: index for index, entry in mentions if entry.mode is Mode.EXCLUDE}
    usable = closure(catalog, {entry.ref for entry in below})
    locked = {entry.ref for entry in below if entry.locked and entry.ref in usable}
    named = {entry.ref for entry in below} | {e.ref for _, e in mentions if e.mode is Mode.INCLUDE}
    kept = closure(catalog, {ref for ref in named if ref not in exclusions or ref in locked})
    before = closure(catalog, named)
    expected = set()
    for ref, index in exclusions.items():
        if catalog.get(ref) is None:
            continue
        if ref in locked:
            reason = Reason.CONFIG_LOCKED
        elif ref in kept:
            reason = Reason.EXCLUDED_CAPABILITY_NEEDED
        elif ref not in before:
            reason = Reason.EXCLUSION_WITHOUT_EFFECT
        else:
            continue
        expected.add((reason, f"capabilities[{index}]"))
    assert found == expected


@given(merges())
def test_layers_that_exclude_nothing_leave_out_nothing_that_can_be_had(
    world: tuple[Catalog, Layers],
) -> None:
    assert {out.rule for out in merge(*world).left_out} <= {"unknown", "not_available", "repeated"}


def test_the_chain_is_named() -> None:
    catalog = Catalog.of([capability("a", needs=["b"]), capability("b", needs=["c"]), capability("c")])
    result = merged(catalog, agent=layer("a"), session=without("-c"))
    (problem,) = result.problems
    assert problem.message == "c cannot be excluded: it is needed, a -> b -> c"
    assert refs(result) == ["c", "b", "a"]
    with pytest.raises(ServiceError):
        refuse(result, LayerName.SESSION)


def test_what_cannot_be_excluded_keeps_what_it_needs() -> None:
    agent = Layer.of([CapabilityConfig("virtual_bash", locked=("/timeout_ms",))])
    result = merged(BUILT_IN, agent=agent, session=without("-virtual_bash", "-session_file_system"))
    assert refs(result) == ["session_file_system", "virtual_bash"]
    assert [(p.reason, p.field) for p in result.problems] == [
        (Reason.CONFIG_LOCKED, "capabilities[0]"),
        (Reason.EXCLUDED_CAPABILITY_NEEDED, "capabilities[1]"),
    ]
    assert result.left_out == ()


def test_a_dependency_that_a_layer_names_too_stays() -> None:
    agent = layer("session_file_system", "virtual_bash")
    result = merged(BUILT_IN, agent=agent, session=without("-virtual_bash"))
    assert refs(result) == ["session_file_system"]
    assert result.problems == ()


def test_a_layer_may_exclude_what_the_base_brings() -> None:
    result = merge(BUILT_IN, Layers(base=layer("noop", "web_fetch"), agent=without("-noop", "openui")))
    assert refs(result) == ["web_fetch", "openui"]
    assert result.problems == ()


def test_what_an_agent_excludes_a_session_may_name_again_from_its_default() -> None:
    base = layer(("web_fetch", {"timeout_ms": 5}))
    layers = Layers(base=base, agent=without("-web_fetch"), session=layer("web_fetch"))
    (resolved,) = merge(BUILT_IN, layers).capabilities
    assert (resolved.config, resolved.source) == ({"timeout_ms": 30000}, "session")


def test_to_exclude_what_is_deprecated_warns_of_nothing() -> None:
    catalog = Catalog.of([capability("old", status=CapabilityStatus.DEPRECATED)])
    result = merged(catalog, agent=layer("old"), session=without("-old"))
    assert [(p.reason, p.layer) for p in result.problems] == [("CAPABILITY_DEPRECATED", "agent")]
    assert result.capabilities == ()


def test_an_exclusion_without_effect_lets_a_write_through() -> None:
    result = merged(BUILT_IN, agent=layer(), session=without("-noop"))
    assert [(p.reason, p.severity) for p in result.problems] == [
        (Reason.EXCLUSION_WITHOUT_EFFECT, Severity.WARNING)
    ]
    refuse(result, LayerName.SESSION)
