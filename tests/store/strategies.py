"""What properties are tested with: all that the service lets through to a store."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from server.core.agent import AgentStatus
from server.core.json import MAX_SAFE_INTEGER, JsonObject, JsonValue
from server.core.layer import CapabilityConfig, Layer, Mode
from server.core.session import SessionStatus

# A property shares its test's database: each example works in an organization of its own.
in_one_database = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
"""Text without NUL, which the service refuses."""

OPTIONAL_TEXT = st.none() | TEXT
TAGS = st.lists(TEXT, unique=True, max_size=5).map(tuple)

_INTEGERS = st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER)
# A number without a fraction is an integer by the time a store sees it, and -0.0 is 0.
_FRACTIONS = st.floats(-1e15, 1e15).filter(lambda number: not number.is_integer())
_SCALARS: st.SearchStrategy[JsonValue] = st.none() | st.booleans() | _INTEGERS | _FRACTIONS | TEXT
_VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)
CONFIGS: st.SearchStrategy[JsonObject] = st.dictionaries(TEXT, _VALUES, max_size=4)

_REFS = st.from_regex(r"[a-z0-9_.:-]{1,12}", fullmatch=True)
_ENTRIES = st.builds(
    CapabilityConfig,
    _REFS,
    st.none() | CONFIGS,
    st.sampled_from(Mode),
    st.lists(TEXT, unique=True, max_size=2).map(tuple),
)
LAYERS = st.lists(_ENTRIES, max_size=4, unique_by=lambda entry: entry.ref).map(Layer.of)

TIMES = st.integers(1, 2**45)
"""Microseconds since 1970."""

SESSION_STATUSES = st.sampled_from(SessionStatus)
AGENT_STATUSES = st.sampled_from(AgentStatus)

_TRICKY = "aAbBéÉeßSsſσςΣiİıI%_\\*?[\"'\n 🙂"
SEARCHED = st.text(st.sampled_from(_TRICKY), max_size=6)
"""Short texts of few characters, so that one often is in another: those that patterns would take for
more than themselves, and those that have more than one other case."""

_SIMILAR_TAGS = st.sampled_from(["a", "A", "ab", "%", '"', "é", "a b", "[]"])
FEW_TAGS = st.lists(_SIMILAR_TAGS, unique=True, max_size=4).map(tuple)
"""Tags that one session often has in common with another."""
