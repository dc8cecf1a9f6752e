"""What a merge reports, all at once, and which layer answers for it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.catalog import CapabilityStatus, Catalog
from server.core.effective_config import LayerName
from server.core.errors import Reason, ServiceError, Violation
from server.core.json import JsonObject
from server.core.layer import CapabilityConfig, Layer
from server.core.merge import MAX_CAPABILITIES, Layers, Merged, Problem, Severity, merge, refuse
from tests.unit.capabilities import BUILT_IN, capability, config_of, layer, merged, refs
from tests.unit.strategies import PATCHES, TEXT, merges

AGENT, SESSION = LayerName.AGENT, LayerName.SESSION
CATALOG = Catalog.of(
    [
        capability("files", tools=["read"]),
        capability("reader", tools=["read", "skim"]),
        capability("shell", needs=["files"]),
        capability("sandbox", excludes=["files"]),
        capability("old", status=CapabilityStatus.DEPRECATED),
        capability("soon", status=CapabilityStatus.COMING_SOON),
        capability(
            "limit", schema={"type": "object", "properties": {"n": {"type": "integer", "maximum": 9}}}
        ),
    ]
)


def found(result: Merged) -> list[tuple[str, str]]:
    return [(problem.reason, problem.path) for problem in result.problems]


def refused(result: Merged, layer: LayerName) -> tuple[Violation, ...]:
    """The violations of a write of the layer; () when it is let through."""
    try:
        refuse(result, layer)
    except ServiceError as error:
        return error.violations
    return ()


@dataclass(frozen=True)
class Case:
    """An agent's and a session's layer, and the problem that they have."""

    agent: Layer
    session: Layer
    reason: Reason
    path: str
    message: str


BAD: JsonObject = {"n": 10}
GOOD: JsonObject = {"n": 1}
WORSE: JsonObject = {"n": 11}

CASES: dict[str, Case] = {
    "duplicate": Case(
        layer(),
        layer("files", "old", "files"),
        Reason.DUPLICATE_CAPABILITY,
        "capabilities[2].ref",
        "files is in the list already, at 0",
    ),
    "unknown": Case(
        layer(),
        layer("files", "shel"),
        Reason.UNKNOWN_CAPABILITY,
        "capabilities[1].ref",
        "there is no capability shel; did you mean shell?",
    ),
    "unknown and like none": Case(
        layer(),
        layer("xyz"),
        Reason.UNKNOWN_CAPABILITY,
        "capabilities[0].ref",
        "there is no capability xyz",
    ),
    "unknown to the agent's catalog": Case(
        layer("gone"),
        layer("files"),
        Reason.UNKNOWN_CAPABILITY,
        "agent.capabilities[0].ref",
        "there is no capability gone",
    ),
    "coming soon": Case(
        layer(),
        layer("soon"),
        Reason.CAPABILITY_NOT_AVAILABLE,
        "capabilities[0].ref",
        "soon is not available yet",
    ),
    "conflict within the session": Case(
        layer(),
        layer("files", "sandbox"),
        Reason.CAPABILITY_CONFLICT,
        "capabilities[1].ref",
        "sandbox cannot be combined with files",
    ),
    "conflict with the agent's": Case(
        layer("old", "sandbox"),
        layer("limit", "files"),
        Reason.CAPABILITY_CONFLICT,
        "capabilities[1].ref",
        "files cannot be combined with sandbox",
    ),
    "conflict of a dependency": Case(
        layer("sandbox"),
        layer("limit", "shell"),
        Reason.CAPABILITY_CONFLICT,
        "capabilities[1].ref",
        "files cannot be combined with sandbox",
    ),
    "conflict of the agent's dependency, which the session names too": Case(
        layer("shell", "sandbox"),
        layer("files"),
        Reason.CAPABILITY_CONFLICT,
        "agent.capabilities[1].ref",
        "sandbox cannot be combined with files",
    ),
    "conflict within the agent, which the session names again": Case(
        layer("files", "sandbox"),
        layer("sandbox", "files"),
        Reason.CAPABILITY_CONFLICT,
        "agent.capabilities[1].ref",
        "sandbox cannot be combined with files",
    ),
    "tool of a taken name": Case(
        layer("files"),
        layer("reader"),
        Reason.TOOL_NAME_CONFLICT,
        "capabilities[0].ref",
        "reader has a tool read, and so has files",
    ),
    "tool of a taken name within the agent": Case(
        layer("reader", "shell"),
        layer("shell"),
        Reason.TOOL_NAME_CONFLICT,
        "agent.capabilities[1].ref",
        "files has a tool read, and so has reader",
    ),
    "config": Case(
        layer(),
        layer("files", ("limit", BAD)),
        Reason.INVALID_CONFIG,
        "capabilities[1].config.n",
        "must be at most 9",
    ),
    "agent's config that the session leaves alone": Case(
        layer(("limit", BAD)),
        layer("files", ("limit", {"other": 1})),
        Reason.INVALID_CONFIG,
        "agent.capabilities[0].config.n",
        "must be at most 9",
    ),
    "agent's good leaf that the session breaks": Case(
        layer(("limit", GOOD)),
        layer("files", ("limit", BAD)),
        Reason.INVALID_CONFIG,
        "capabilities[1].config.n",
        "must be at most 9",
    ),
    "agent's bad leaf that the session sets to another bad value": Case(
        layer(("limit", BAD)),
        layer("files", ("limit", WORSE)),
        Reason.INVALID_CONFIG,
        "capabilities[1].config.n",
        "must be at most 9",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_problem_is_of_the_layer_that_answers_for_it(name: str) -> None:
    case = CASES[name]
    result = merged(CATALOG, agent=case.agent, session=case.session)
    errors = [problem for problem in result.problems if problem.severity is Severity.ERROR]
    assert [(p.reason, p.path, p.message) for p in errors] == [(case.reason, case.path, case.message)]
    of_the_agent = case.path.startswith("agent.")
    owner, other = (AGENT, SESSION) if of_the_agent else (SESSION, AGENT)
    violation = Violation(case.path.removeprefix("agent."), case.message, case.reason)
    assert refused(result, owner) == (violation,)
    assert refused(result, other) == ()


def test_a_session_mends_what_the_agent_broke() -> None:
    result = merged(CATALOG, agent=layer(("limit", BAD)), session=layer(("limit", GOOD)))
    assert result.problems == ()


def test_deprecated_is_a_warning_and_never_refused() -> None:
    reason = Reason.CAPABILITY_DEPRECATED
    result = merged(CATALOG, agent=layer("old"), session=layer("old"))
    assert result.problems == tuple(
        Problem(reason, layer, "capabilities[0].ref", "old is deprecated", Severity.WARNING)
        for layer in (AGENT, SESSION)
    )
    assert refused(result, AGENT) == refused(result, SESSION) == ()
    assert refs(result) == ["old"]


def test_what_cannot_be_used_is_left_out_and_the_rest_stays() -> None:
    result = merged(CATALOG, agent=layer("gone", "files", "soon"), session=layer("reader", ("limit", BAD)))
    assert refs(result) == ["files", "reader", "limit"]
    assert [(t.tool.name, t.capability) for t in result.tools] == [("read", "files"), ("skim", "reader")]
    assert config_of(result, "limit") == BAD


def test_of_equal_refs_the_first_has_its_config() -> None:
    result = merged(CATALOG, session=layer(("limit", GOOD), ("limit", BAD)))
    assert config_of(result, "limit") == GOOD


def test_every_problem_is_reported_at_once() -> None:
    session = layer("files", ("limit", {"n": 10}), "shel", "soon", "sandbox", "reader", "files", "old")
    result = merged(CATALOG, agent=layer("gone"), session=session)
    assert found(result) == [
        ("UNKNOWN_CAPABILITY", "agent.capabilities[0].ref"),
        ("UNKNOWN_CAPABILITY", "capabilities[2].ref"),
        ("CAPABILITY_NOT_AVAILABLE", "capabilities[3].ref"),
        ("DUPLICATE_CAPABILITY", "capabilities[6].ref"),
        ("CAPABILITY_DEPRECATED", "capabilities[7].ref"),
        ("INVALID_CONFIG", "capabilities[1].config.n"),
        ("CAPABILITY_CONFLICT", "capabilities[4].ref"),
        ("TOOL_NAME_CONFLICT", "capabilities[5].ref"),
    ]
    assert [violation.field for violation in refused(result, SESSION)] == [
        path for reason, path in found(result) if reason != "CAPABILITY_DEPRECATED" and "agent" not in path
    ]
    assert [violation.field for violation in refused(result, AGENT)] == ["capabilities[0].ref"]


def test_every_problem_of_a_config_is_reported_with_its_path() -> None:
    config: JsonObject = {"timeout_ms": 0, "allowed_hosts": ["ok.example", "not a host"], "timeout": 1}
    result = merged(BUILT_IN, session=layer("noop", ("web_fetch", config)))
    assert [(p.path, p.message) for p in result.problems] == [
        ("capabilities[1].config.allowed_hosts[1]", "is not a valid host name"),
        ("capabilities[1].config.timeout", "is not a known key; did you mean timeout_ms?"),
        ("capabilities[1].config.timeout_ms", "must be at least 1"),
    ]


CROWD = Catalog.of(
    [
        *(capability(f"c{number:03}") for number in range(MAX_CAPABILITIES + 1)),
        capability("pair", needs=["c000", "c001"]),
    ]
)


def crowd(start: int, stop: int) -> Layer:
    return layer(*(f"c{number:03}" for number in range(start, stop)))


def test_as_many_as_there_may_be_are_no_problem() -> None:
    assert merged(CROWD, agent=crowd(0, 60), session=crowd(60, 100)).problems == ()
    assert merged(CROWD, agent=crowd(0, 100), session=crowd(0, 100)).problems == ()
    assert merged(CROWD, session=Layer.of([CapabilityConfig("pair"), *crowd(2, 99).entries])).problems == ()


@pytest.mark.parametrize(
    ("agent", "session", "layer"),
    [
        (crowd(0, 60), crowd(60, 101), SESSION),
        (crowd(0, 101), crowd(0, 0), AGENT),
        (crowd(0, 101), crowd(0, 5), AGENT),
        (crowd(0, 0), Layer.of([CapabilityConfig("pair"), *crowd(2, 100).entries]), SESSION),
        (crowd(2, 100), layer("pair"), SESSION),
    ],
)
def test_one_too_many_is_of_the_layer_that_brings_it(agent: Layer, session: Layer, layer: LayerName) -> None:
    result = merged(CROWD, agent=agent, session=session)
    message = "with dependencies there are 101; the most is 100"
    assert result.problems == (Problem(Reason.TOO_MANY_CAPABILITIES, layer, "capabilities", message),)
    other = AGENT if layer is SESSION else SESSION
    assert [v.field for v in refused(result, layer)] == ["capabilities"]
    assert refused(result, other) == ()


@given(merges())
def test_nothing_raises_and_every_problem_names_its_entry(
    world: tuple[Catalog, Layers],
) -> None:
    catalog, layers = world
    sizes = {name: len(content.entries) for name, content in layers.named()}
    for problem in merge(catalog, layers).problems:
        if problem.reason is Reason.TOO_MANY_CAPABILITIES:
            continue
        match = re.match(r"capabilities\[(\d+)\]\.(ref$|config)", problem.field)
        assert match, problem
        assert int(match[1]) < sizes[problem.layer]
        assert problem.message


@given(merges())
def test_a_problem_wholly_in_the_agent_is_never_refused_of_the_session(world: tuple[Catalog, Layers]) -> None:
    catalog, layers = world
    alone = Layers(agent=layers.agent, base=layers.base)
    assert refused(merge(catalog, alone), SESSION) == ()
    # The same refs without config set nothing, and so answer for nothing but the mention.
    names = {entry.ref: CapabilityConfig(entry.ref) for entry in layers.agent.entries}
    again = Layers(agent=layers.agent, base=layers.base, session=Layer.of(names.values()))
    reasons = {violation.reason for violation in refused(merge(catalog, again), SESSION)}
    assert reasons <= {Reason.UNKNOWN_CAPABILITY, Reason.CAPABILITY_NOT_AVAILABLE}


@given(merges())
def test_which_refs_are_refused_does_not_depend_on_the_agents_config(world: tuple[Catalog, Layers]) -> None:
    catalog, layers = world
    bare = Layer.of(CapabilityConfig(entry.ref) for entry in layers.agent.entries)
    of_bare, of_full = (
        refused(merge(catalog, Layers(agent=agent, session=layers.session)), SESSION)
        for agent in (bare, layers.agent)
    )
    assert [v for v in of_bare if v.field.endswith(".ref")] == [
        v for v in of_full if v.field.endswith(".ref")
    ]


_UNKNOWN = st.lists(st.tuples(TEXT.map("?{}".format), PATCHES), max_size=3)


@given(_UNKNOWN, _UNKNOWN)
def test_refs_of_any_text_are_unknown(
    agent: list[tuple[str, JsonObject]], session: list[tuple[str, JsonObject]]
) -> None:
    result = merged(CATALOG, agent=layer(*agent), session=layer(*session))
    assert refs(result) == []
    assert len(result.problems) == len(agent) + len(session)


def test_a_config_far_deeper_than_the_service_takes_raises_nothing() -> None:
    config: JsonObject = {}
    for _ in range(100):
        config = {"a": config}
    assert config_of(merged(CATALOG, session=layer(("limit", config))), "limit") == config
