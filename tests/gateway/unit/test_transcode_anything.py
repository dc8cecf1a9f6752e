"""Whatever comes in a path, a query, a body and a content type: a message, or a problem of the caller's."""

from __future__ import annotations

from collections.abc import Callable

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import problem_answer
from gateway.problem import Problem
from gateway.routes import Binding, bindings, service_descriptors
from gateway.transcode import RequestTranscoder
from tests.gateway.unit.json_strategies import OBJECTS

BINDINGS = bindings(service_descriptors())
LARGEST_ANSWER = 1_000_000
"""More than a problem document ever has, whatever was sent."""

NAMES = sorted({field.json_name for binding in BINDINGS for field in binding.rpc.input_type.fields})
TEXTS = st.text(max_size=20) | st.sampled_from(
    ["", "0", "-1", "null", "9" * 50, "true", "2026-01-01T00:00:00Z"]
)
QUERIES = st.lists(st.tuples(st.sampled_from(NAMES) | st.text(max_size=9), TEXTS), max_size=4).map(
    lambda pairs: "&".join(f"{name}={value}" for name, value in pairs).encode("utf-8", "surrogatepass")
)
BODIES = st.binary(max_size=40) | OBJECTS.map(orjson.dumps)


def is_taken_or_refused(take: Callable[[], object]) -> bool:
    """Whether a request is taken, or refused as the caller's fault in a problem of bounded size."""
    try:
        take()
    except Problem as problem:
        return 400 <= problem.status < 500 and len(problem_answer(problem, "r").body) < LARGEST_ANSWER
    return True


@pytest.mark.parametrize("binding", BINDINGS, ids=lambda binding: f"{binding.method} {binding.path}")
@settings(max_examples=25)
@given(st.data())
def test_any_request_is_a_message_or_a_problem(binding: Binding, data: st.DataObject) -> None:
    values = tuple(data.draw(TEXTS) for _ in binding.variables)
    query = data.draw(QUERIES | st.binary(max_size=30))
    body = data.draw(BODIES)
    key, type_ = data.draw(st.none() | TEXTS), data.draw(st.binary(max_size=10))
    assert is_taken_or_refused(lambda: RequestTranscoder(binding).request(values, query, body, key, type_))
