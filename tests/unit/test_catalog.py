"""What a catalog refuses, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.catalog import Capability, CapabilityStatus, Catalog, CatalogError, Tool
from server.core.json import JsonObject

NO_KEYS: JsonObject = {"type": "object", "additionalProperties": False}
PLAIN = Capability(
    id="plain",
    name="Plain",
    description="Nothing.",
    status=CapabilityStatus.AVAILABLE,
    icon=None,
    category=None,
    dependencies=(),
    features=(),
    conflicts_with=(),
    system_prompt=None,
    tools=(),
    config_schema=NO_KEYS,
    default_config={},
)
SOON = CapabilityStatus.COMING_SOON
OLD = CapabilityStatus.DEPRECATED


def capability(id: str, *dependencies: str, conflicts_with: Iterable[str] = ()) -> Capability:
    return replace(PLAIN, id=id, dependencies=dependencies, conflicts_with=tuple(conflicts_with))


def tool(name: str, parameters: JsonObject = NO_KEYS) -> Tool:
    return Tool(name, "Does it.", parameters)


def with_schema(schema: JsonObject, default: JsonObject | None = None) -> Capability:
    return replace(PLAIN, config_schema=schema, default_config=default or {})


def integers(minimum: int) -> JsonObject:
    return {"type": "object", "properties": {"n": {"type": "integer", "minimum": minimum}}}


REFUSED: dict[str, tuple[list[Capability], str]] = {
    "id with capitals": ([capability("Plain")], "Plain: id: must match [a-z0-9_.:-]{1,100}"),
    "id with a line break": ([capability("a\n")], "a\n: id: must match [a-z0-9_.:-]{1,100}"),
    "empty id": ([capability("")], ": id: must match [a-z0-9_.:-]{1,100}"),
    "id of 101 characters": ([capability("a" * 101)], f"{'a' * 101}: id: must match [a-z0-9_.:-]{{1,100}}"),
    "id twice": (
        [capability("a"), capability("b"), capability("a")],
        "a: id: is taken by another capability",
    ),
    "missing dependency": (
        [capability("file_system"), capability("a", "file_sistem")],
        "a: dependencies[0]: there is no capability file_sistem; did you mean file_system?",
    ),
    "missing dependency like none": (
        [capability("a", "xyz")],
        "a: dependencies[0]: there is no capability xyz",
    ),
    "dependency twice": (
        [capability("a", "b", "c", "b"), capability("b"), capability("c")],
        "a: dependencies[2]: names b twice",
    ),
    "unknown conflict": (
        [capability("a", conflicts_with=["xyz"])],
        "a: conflicts_with[0]: there is no capability xyz",
    ),
    "conflict twice": (
        [capability("a", conflicts_with=["b", "b"]), capability("b")],
        "a: conflicts_with[1]: names b twice",
    ),
    "needs itself": ([capability("a", "a")], "a: dependencies: needs itself: a -> a"),
    "cycle of two": (
        [capability("b", "a"), capability("a", "b")],
        "a: dependencies: needs itself: a -> b -> a",
    ),
    "cycle of three, off the way": (
        [capability("a", "d"), capability("d", "c"), capability("c", "b"), capability("b", "d")],
        "b: dependencies: needs itself: b -> d -> c -> b",
    ),
    "conflict with itself": (
        [capability("a", conflicts_with=["a"])],
        "a: conflicts_with[0]: names the capability itself",
    ),
    "conflict with what it needs": (
        [
            capability("a", "b"),
            capability("b", "c"),
            capability("c"),
            capability("x", "a", conflicts_with=["c"]),
        ],
        "x: conflicts_with[0]: names c, which this capability needs",
    ),
    "needs what conflicts with it": (
        [capability("a", "b"), capability("b", "c"), capability("c", conflicts_with=["a"])],
        "a: dependencies: needs c, which conflicts with it",
    ),
    "needs two that conflict": (
        [capability("a", "b", "c"), capability("b", conflicts_with=["c"]), capability("c")],
        "a: dependencies: needs b, which conflicts with c, which it needs too",
    ),
    "available needs coming_soon": (
        [capability("a", "b"), replace(PLAIN, id="b", status=SOON)],
        "a: dependencies[0]: b is coming_soon, and this capability is available",
    ),
    "deprecated needs coming_soon": (
        [
            replace(capability("a", "b"), status=OLD),
            replace(PLAIN, id="b", status=SOON),
        ],
        "a: dependencies[0]: b is coming_soon, and this capability is deprecated",
    ),
    "tool name": (
        [replace(PLAIN, tools=(tool("a b"),))],
        "plain: tools[0].name: must match [a-zA-Z0-9_-]{1,64}",
    ),
    "tool name of 65 characters": (
        [replace(PLAIN, tools=(tool("a" * 65),))],
        "plain: tools[0].name: must match [a-zA-Z0-9_-]{1,64}",
    ),
    "tool twice": (
        [replace(PLAIN, tools=(tool("a"), tool("b"), tool("a")))],
        "plain: tools[2].name: a names another tool too",
    ),
    "parameters not of an object": (
        [replace(PLAIN, tools=(tool("a", {"type": "array"}),))],
        'plain: tools[0].parameters.type: must be "object"',
    ),
    "parameters not a schema": (
        [replace(PLAIN, tools=(tool("a"), tool("b", {"type": "object", "required": "c"})))],
        "plain: tools[1].parameters.required: must be a list",
    ),
    "config schema not of an object": ([with_schema({})], 'plain: config_schema.type: must be "object"'),
    "config schema not a schema": (
        [with_schema({"type": "object", "properties": {"n": {"minimum": "x"}}})],
        "plain: config_schema.properties.n.minimum: must be a number",
    ),
    "config schema with a backtracking pattern": (
        [with_schema({"type": "object", "properties": {"n": {"pattern": "(?=a)b"}}})],
        "plain: config_schema.properties.n.pattern: must be a regular expression without look-around and "
        'back-references, not "(?=a)b"',
    ),
    "default config of the wrong type": (
        [with_schema(integers(1), {"n": "x"})],
        "plain: default_config.n: must be an integer",
    ),
    "default config with an unknown key": (
        [with_schema(NO_KEYS, {"n": 1})],
        "plain: default_config.n: is not a known key",
    ),
    "default config that lacks a key": (
        [with_schema({"type": "object", "required": ["n"]})],
        "plain: default_config.n: is required",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_what_does_not_fit_together(case: str) -> None:
    capabilities, message = REFUSED[case]
    with pytest.raises(CatalogError) as caught:
        Catalog.of(capabilities)
    assert str(caught.value) == message
    id, key, reason = message.split(": ", 2)
    assert (caught.value.capability, caught.value.key, caught.value.reason) == (id, key, reason)


@pytest.mark.parametrize("case", REFUSED)
def test_the_order_of_capabilities_does_not_change_what_is_refused(case: str) -> None:
    capabilities, message = REFUSED[case]
    with pytest.raises(CatalogError) as caught:
        Catalog.of(reversed(capabilities))
    assert str(caught.value) == message


def test_takes_what_is_at_the_limits() -> None:
    long = replace(PLAIN, id="a" * 100, tools=(tool("A" * 64), tool("-_9")))
    dotted = capability("a.b:c-d_9", conflicts_with=["a" * 100])
    waiting = replace(capability("soon", "later"), status=SOON)
    later = replace(PLAIN, id="later", status=SOON)
    on_old = capability("on_old", "old")
    old = replace(PLAIN, id="old", status=OLD)
    assert len(Catalog.of([long, dotted, waiting, later, on_old, old])) == 6


def test_is_sorted_by_id_and_finds_by_id() -> None:
    catalog = Catalog.of(capability(id) for id in ["b", "c", "a.z", "a"])
    assert [each.id for each in catalog] == ["a", "a.z", "b", "c"]
    assert catalog.get("b") == capability("b")
    assert catalog.get("d") is None
    assert len(catalog) == 4


def test_an_empty_catalog_is_one() -> None:
    catalog = Catalog.of([])
    assert list(catalog) == []
    assert catalog.get("a") is None
    assert catalog.nearest("a") is None


@pytest.mark.parametrize(
    ("mistyped", "meant"),
    [("web_fech", "web_fetch"), ("fetch_web", None), ("qqq", None), ("w" * 10_000, None), ("", None)],
)
def test_nearest(mistyped: str, meant: str | None) -> None:
    catalog = Catalog.of([capability("web_fetch"), capability("current_time")])
    assert catalog.nearest(mistyped) == meant


def test_words_longer_than_any_id_are_like_none() -> None:
    catalog = Catalog.of([capability("a" * 100)])
    assert catalog.nearest("a" * 99 + "b") == "a" * 100
    assert catalog.nearest("a" * 101) is None


def test_dependencies_come_depth_first_and_once() -> None:
    needs = {"top": ["left", "right"], "left": ["base"], "right": ["other", "base"], "base": [], "other": []}
    catalog = Catalog.of(capability(id, *dependencies) for id, dependencies in needs.items())
    assert catalog.dependencies_first("top") == ("base", "left", "other", "right", "top")
    assert catalog.dependencies_first("base") == ("base",)


def test_a_chain_longer_than_the_interpreters_stack_is_no_trouble() -> None:
    chain = [capability(f"c{n}", *([f"c{n - 1}"] if n else [])) for n in range(1_500)]
    assert Catalog.of(chain).dependencies_first("c1499") == tuple(each.id for each in chain)


@pytest.mark.parametrize(
    "ask", [lambda catalog: catalog.dependencies_first("x"), lambda catalog: catalog.config_problems("x", {})]
)
def test_an_unknown_id_is_a_key_error(ask: Callable[[Catalog], object]) -> None:
    with pytest.raises(KeyError):
        ask(Catalog.of([PLAIN]))


def test_config_problems_are_of_the_capabilitys_own_schema() -> None:
    one, two = with_schema(integers(1)), replace(with_schema(integers(2)), id="two")
    catalog = Catalog.of([replace(one, default_config={"n": 1}), replace(two, default_config={"n": 2})])
    assert catalog.config_problems("plain", {"n": 1}) == []
    assert [(p.path, p.message) for p in catalog.config_problems("two", {"n": 1})] == [
        (("n",), "must be at least 2")
    ]


@st.composite
def graphs(draw: st.DrawFn) -> list[Capability]:
    ids = [f"c{n}" for n in range(draw(st.integers(1, 8)))]
    needs = st.lists(st.sampled_from(ids), unique=True, max_size=3)
    return [capability(id, *draw(needs)) for id in ids]


@given(graphs())
def test_any_graph_of_dependencies_is_resolved_or_refused_with_its_cycle(graph: list[Capability]) -> None:
    needs = {each.id: each.dependencies for each in graph}
    result = _catalog_or_error(graph)
    if isinstance(result, CatalogError):
        chain = result.reason.removeprefix("needs itself: ").split(" -> ")
        assert chain[0] == chain[-1] == result.capability
        assert len(set(chain)) == len(chain) - 1
        assert all(needed in needs[id] for id, needed in pairwise(chain))
    else:
        for id in needs:
            visited: list[str] = []
            _visit(id, needs, visited)
            assert list(result.dependencies_first(id)) == visited


def _catalog_or_error(capabilities: list[Capability]) -> Catalog | CatalogError:
    try:
        return Catalog.of(capabilities)
    except CatalogError as error:
        return error


def _visit(id: str, needs: dict[str, tuple[str, ...]], visited: list[str]) -> None:
    for needed in needs[id]:
        _visit(needed, needs, visited)
    if id not in visited:
        visited.append(id)
