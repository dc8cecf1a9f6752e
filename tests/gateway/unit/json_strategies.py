"""JSON values to test with."""

from __future__ import annotations

from hypothesis import strategies as st

from gateway.json_value import MAX_SAFE_INTEGER, JsonValue

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
"""What a protobuf string can hold, but for U+0000."""

_LARGEST = float(MAX_SAFE_INTEGER)

# Adding 0 makes 0 of -0, which comes out as 0 and so is not the same.
NUMBERS = st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER) | st.floats(-_LARGEST, _LARGEST).map(
    lambda number: number + 0.0
)

SCALARS: st.SearchStrategy[JsonValue] = st.none() | st.booleans() | NUMBERS | TEXT

VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
"""What a Struct can hold."""

OBJECTS = st.dictionaries(TEXT, VALUES, max_size=4)
