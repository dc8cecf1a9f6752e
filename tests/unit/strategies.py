"""What properties are tested with: JSON, merge patches, catalogs and layers."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from server.core.agent import Agent, AgentStatus
from server.core.catalog import CapabilityStatus, Catalog
from server.core.json import MAX_SAFE_INTEGER, JsonObject, JsonValue
from server.core.layer import EMPTY, CapabilityConfig, Layer, Mode
from server.core.merge import Layers
from server.core.model import ANY_MODEL, Model, ModelTable
from server.core.session import Session, SessionStatus
from tests.unit.capabilities import ANY_CONFIG, BUILT_IN, capability

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
"""What the service takes as text."""

KEYS = st.sampled_from(["a", "b", "c", "a/b", "m~n", "~1", ""]) | TEXT
"""Keys that meet often, and those that a JSON Pointer has to escape."""

_INTEGERS = st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER)
_FRACTIONS = st.floats(-1e15, 1e15).filter(lambda number: not number.is_integer())
_SCALARS: st.SearchStrategy[JsonValue] = st.booleans() | _INTEGERS | _FRACTIONS | TEXT


def _json(scalars: st.SearchStrategy[JsonValue]) -> st.SearchStrategy[JsonValue]:
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3),
        max_leaves=6,
    )


JSON_OBJECTS: st.SearchStrategy[JsonObject] = st.dictionaries(KEYS, _json(_SCALARS), max_size=4)
"""What a config can be when nothing is removed from it."""

PATCHES: st.SearchStrategy[JsonObject] = st.dictionaries(KEYS, _json(st.none() | _SCALARS), max_size=4)
"""What a layer's config can be: `null` removes."""

MODELS = st.sampled_from([None, "m", "n"])
"""Choices of a model."""

MODEL_TABLES = st.sampled_from([ANY_MODEL, ModelTable([Model("m", "M", "vendor", aliases=("n",))])])
"""Tables for them: any model, and one model by two names."""

_STRICT: JsonObject = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"a": {"type": "integer", "minimum": 0, "maximum": 9}, "b": {"type": "object"}},
}
_DEEP: JsonObject = {"a": {"b": {"c": [1, {}]}, "a/b": "x"}, "": 0.5, "m~n": True}
_CONFIGS: st.SearchStrategy[tuple[JsonObject, JsonObject]] = st.sampled_from(
    [
        (_STRICT, {}),
        (_STRICT, {"a": 1}),
        (ANY_CONFIG, {}),
        (ANY_CONFIG, {"b": {}, "c": "long"}),
        (ANY_CONFIG, _DEEP),
    ]
)
_OFTEN: st.SearchStrategy[JsonObject] = st.sampled_from(
    [
        {"a": 2},
        {"a": 10},
        {"a": None, "c": 1},
        {"a": {"b": {"d": 1}, "c": None}},
        {"b": {"c": 1}},
        {"b": {"c": None}},
        {"timeout_ms": 5, "allowed_hosts": ["a.example"]},
        {"timeout_ms": 0},
        {"timeout_ms": None, "working_dir": "/"},
    ]
)
_STATUSES = st.sampled_from([CapabilityStatus.AVAILABLE] * 3 + [CapabilityStatus.DEPRECATED])
_FEATURES = st.sampled_from([(), ("f",), ("g", "f"), ("h", "g")])
_TOOLS = st.sampled_from([(), (), ("t",), ("u", "v"), ("v", "t")])
_PROMPTS = st.sampled_from([None, "How to use it.", "How to use it,\nand when."])


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    """Up to six capabilities with dependencies, conflicts, features, tools and configs."""
    ids = [f"c{number}" for number in range(draw(st.integers(1, 6)))]
    needs = {id: draw(_some(ids[:place])) for place, id in enumerate(ids)}
    closures: dict[str, set[str]] = {}
    for id in ids:
        closures[id] = {id}.union(*(closures[needed] for needed in needs[id]))
    capabilities = []
    for id in ids:
        # A catalog refuses a conflict within what one of its capabilities needs.
        together = set[str]().union(*(closure for closure in closures.values() if id in closure))
        schema, default = draw(_CONFIGS)
        capabilities.append(
            capability(
                id,
                needs=needs[id],
                excludes=draw(_some([other for other in ids if other not in together])),
                features=draw(_FEATURES),
                tools=draw(_TOOLS),
                prompt=draw(_PROMPTS),
                status=draw(_STATUSES),
                schema=schema,
                default=default,
            )
        )
    return Catalog.of(capabilities)


def _some(of: Sequence[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(of), unique=True, max_size=2) if of else st.just([])


LOCKS = st.lists(
    st.sampled_from(["/a", "/a/b", "/a/b/c/0", "/b", "/c/d", "/timeout_ms", ""]), unique=True, max_size=2
).map(tuple)


def layers_of(refs: st.SearchStrategy[str], unique: bool = False) -> st.SearchStrategy[Layers]:
    """An agent's and a session's layer, and a base, of these refs; a layer may name one twice."""
    entries = st.builds(CapabilityConfig, refs, st.none() | _OFTEN | PATCHES)
    layer = st.lists(entries, max_size=5, unique_by=(lambda entry: entry.ref) if unique else None)
    one = layer.map(Layer.of)
    return st.builds(Layers, agent=one, session=one, base=st.just(EMPTY) | one)


_BUILT_IN_REFS = ["web_fetch", "virtual_bash", "skills", "session_file_system", "session_storage", "openui"]
_ODD_REFS = ["research", "c9", "web_fech", "C0", ""]


@st.composite
def merges(draw: st.DrawFn, sound: bool = False) -> tuple[Catalog, Layers]:
    """A catalog, generated or the built-in one, and layers of refs that meet often.

    Sound layers name nothing twice, and nothing that the catalog lacks.
    """
    catalog = draw(catalogs() | st.just(BUILT_IN))
    known = _BUILT_IN_REFS if catalog is BUILT_IN else [capability.id for capability in catalog]
    refs = st.sampled_from(known if sound else [*known, *known, *known, *_ODD_REFS])
    return catalog, draw(layers_of(refs, sound))


@st.composite
def strict_merges(draw: st.DrawFn) -> tuple[Catalog, Layers]:
    """A catalog, and layers of which the session's may exclude and the others may lock."""
    catalog = draw(catalogs() | st.just(BUILT_IN))
    known = _BUILT_IN_REFS if catalog is BUILT_IN else [capability.id for capability in catalog]
    refs = st.sampled_from([*known, *known, *known, *_ODD_REFS])
    configs = st.none() | _OFTEN | PATCHES
    lower = st.builds(CapabilityConfig, refs, configs, locked=st.just(()) | LOCKS)
    upper = st.builds(CapabilityConfig, refs, configs) | st.builds(
        CapabilityConfig, refs, st.none(), st.just(Mode.EXCLUDE)
    )
    agent, session = st.lists(lower, max_size=5), st.lists(upper, max_size=5)
    base = st.just(EMPTY) | st.lists(lower, max_size=2).map(Layer.of)
    return catalog, draw(st.builds(Layers, agent.map(Layer.of), session.map(Layer.of), base))


UUIDS = st.binary(min_size=16, max_size=16)
TAGS = st.lists(TEXT, max_size=3).map(tuple)
ENTRIES = st.builds(
    CapabilityConfig,
    TEXT,
    st.none() | PATCHES,
    st.sampled_from(Mode),
    st.lists(TEXT, unique=True, max_size=2).map(tuple),
)
LAYERS = st.lists(ENTRIES, max_size=2).map(Layer.of)
_TIMES = st.integers(0, 2**62)
_MAYBE = st.none() | TEXT

SESSIONS = st.builds(
    Session,
    organization_id=UUIDS,
    id=UUIDS,
    agent_id=UUIDS,
    title=_MAYBE,
    tags=TAGS,
    model_id=_MAYBE,
    capabilities=LAYERS,
    status=st.sampled_from(SessionStatus),
    created_at=_TIMES,
    updated_at=_TIMES,
    created_version=st.integers(1, 9),
    pinned_version=st.none() | st.integers(1, 9),
)
AGENTS = st.builds(
    Agent,
    organization_id=UUIDS,
    id=UUIDS,
    name=TEXT,
    display_name=_MAYBE,
    description=_MAYBE,
    system_prompt=TEXT,
    default_model_id=_MAYBE,
    tags=TAGS,
    capabilities=LAYERS,
    max_iterations=st.integers(1, 1000),
    status=st.sampled_from(AgentStatus),
    created_at=_TIMES,
    updated_at=_TIMES,
    version=st.integers(1, 9),
)
