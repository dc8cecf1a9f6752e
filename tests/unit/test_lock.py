"""A locked path of a config is what the layer that locks it says, whatever layers above it say."""

from __future__ import annotations

import pytest
from hypothesis import given

from server.core.catalog import Catalog
from server.core.effective_config import LayerName, path_of
from server.core.errors import Reason, ServiceError
from server.core.json import JsonObject, JsonValue
from server.core.layer import CapabilityConfig, Layer
from server.core.lock import Lock, keep_out
from server.core.merge import Layers, merge, refuse
from tests.unit.capabilities import BUILT_IN, capability, config_of, layer, merged
from tests.unit.strategies import JSON_OBJECTS, LOCKS, PATCHES, strict_merges

AGENT, SESSION = LayerName.AGENT, LayerName.SESSION
FREE = Catalog.of([capability("free")])


def spelled_at(document: JsonValue, path: tuple[str, ...]) -> str:
    """The value at a path of keys and of places in lists, as text in which true is not 1."""
    for key in path:
        if isinstance(document, dict) and key in document:
            document = document[key]
        elif isinstance(document, list) and key.isdecimal() and int(key) < len(document):
            document = document[int(key)]
        else:
            return "nothing"
    return repr(_sorted(document))


def _sorted(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def locking(config: JsonObject, *paths: str) -> Layer:
    return Layer.of([CapabilityConfig("free", config, locked=paths)])


@given(strict_merges())
def test_a_locked_path_has_the_agents_value(world: tuple[Catalog, Layers]) -> None:
    catalog, layers = world
    below = merge(catalog, Layers(agent=layers.agent, base=layers.base))
    above = {r.capability.id: r for r in merge(catalog, layers).capabilities}
    for resolved in below.capabilities:
        for lock in resolved.locks:
            path = path_of(lock.path)
            # A capability with locks cannot be excluded, so it is there.
            config = above[resolved.capability.id].config
            assert spelled_at(config, path) == spelled_at(resolved.config, path), lock


@given(JSON_OBJECTS, PATCHES, LOCKS)
def test_locks_touch_nothing_else(current: JsonObject, patch: JsonObject, paths: tuple[str, ...]) -> None:
    allowed, found = keep_out(patch, SESSION, current, [Lock(path, AGENT) for path in paths])
    if not found:
        assert allowed == patch
    for forbidden in found:
        steps, locked = forbidden.steps, path_of(forbidden.lock.path)
        shorter = min(len(steps), len(locked))
        assert steps[:shorter] == locked[:shorter]
        assert spelled_at(patch, steps) == spelled_at({"": forbidden.value}, ("",))
        assert spelled_at(allowed, steps) == "nothing"


@given(strict_merges())
def test_a_write_is_refused_exactly_when_something_is_kept_out(world: tuple[Catalog, Layers]) -> None:
    result = merge(*world)
    kept_out = [k for r in result.capabilities for k in r.kept_out if k.layer is SESSION]
    named = [
        p
        for p in result.problems
        if p.reason is Reason.CONFIG_LOCKED and p.layer is SESSION and ".config" in p.field
    ]
    assert len(named) == len(kept_out)


@pytest.mark.parametrize(
    ("locked", "session", "field"),
    [
        ("/a", {"a": 2}, "config.a"),
        ("/a", {"a": None}, "config.a"),
        ("/a", {"a": {}}, "config.a"),
        ("/a", {"a": {"b": {"c": 1}}}, "config.a"),
        ("/o", {"o": {"q": 5}}, "config.o"),
        ("/o", {"o": {}}, "config.o"),
        ("/o/p", {"o": 1}, "config.o"),
        ("/o/p", {"o": None}, "config.o"),
        ("/o/p", {"o": {"p": {"q": 1}}}, "config.o.p"),
        ("/l/0", {"l": {"1": "x"}}, "config.l"),
        ("/n/m", {"n": {"m": None}}, "config.n.m"),
        ("", {"z": 1}, "config.z"),
        ("/x~1y", {"x/y": 1}, "config.x/y"),
    ],
)
def test_what_is_refused(locked: str, session: JsonObject, field: str) -> None:
    agent = locking({"a": 1, "o": {"p": 1, "q": 1}, "l": ["x", "y"]}, locked)
    result = merged(FREE, agent=agent, session=layer(("free", session)))
    with pytest.raises(ServiceError) as refusal:
        refuse(result, SESSION)
    (violation,) = refusal.value.violations
    assert (violation.field, violation.reason) == (f"capabilities[0].{field}", Reason.CONFIG_LOCKED)
    assert "locked by the agent" in violation.description
    assert config_of(result, "free") == config_of(merged(FREE, agent=agent), "free")


@pytest.mark.parametrize(
    ("locked", "session"),
    [
        ("/a", {"b": 1, "aa": 1, "a/b": 1}),
        ("/o/p", {"o": {"q": 2}}),
        ("/o/p", {"o": {}}),
        ("/n/m", {"n": {"k": 1}}),
        ("", {}),
    ],
)
def test_what_is_let_through(locked: str, session: JsonObject) -> None:
    agent = locking({"a": 1, "o": {"p": 1}}, locked)
    assert merged(FREE, agent=agent, session=layer(("free", session))).problems == ()


def test_only_what_is_locked_is_kept_out() -> None:
    agent = locking({"o": {"p": 1}}, "/o/p", "/n/m")
    session: JsonObject = {"o": {"p": 2, "q": 3}, "n": {"m": 1}, "r": 4}
    result = merged(FREE, agent=agent, session=layer(("free", session)))
    assert config_of(result, "free") == {"o": {"p": 1, "q": 3}, "r": 4}
    assert [(k.path, k.value) for k in result.capabilities[0].kept_out] == [("/o/p", 2), ("/n/m", 1)]


def test_the_base_locks_what_an_agent_sets() -> None:
    base = Layer.of([CapabilityConfig("web_fetch", {"timeout_ms": 5}, locked=("/timeout_ms",))])
    result = merge(BUILT_IN, Layers(base=base, agent=layer(("web_fetch", {"timeout_ms": 6}))))
    assert config_of(result, "web_fetch") == {"timeout_ms": 5}
    assert [(p.path, p.message) for p in result.problems] == [
        ("agent.capabilities[0].config.timeout_ms", "/timeout_ms is locked by the base")
    ]


def test_a_session_cannot_lock() -> None:
    session = Layer.of([CapabilityConfig("web_fetch", locked=("/timeout_ms",))])
    (problem,) = merged(BUILT_IN, session=session).problems
    assert (problem.reason, problem.field) == (Reason.INVALID_FIELD, "capabilities[0].locked")
