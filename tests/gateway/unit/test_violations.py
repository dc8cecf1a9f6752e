from __future__ import annotations

import pytest

from everruns.v1.error_reason_pb2 import INVALID_FIELD
from gateway.violations import MAX_VIOLATIONS, Path, Violations, nearest, spell


@pytest.mark.parametrize(
    ("path", "spelled"),
    [
        (None, ""),
        ((None, "title"), "title"),
        ((((((None, "capabilities"), 2), "config"), "timeout_ms")), "capabilities[2].config.timeout_ms"),
        (((None, "config"), "a.b"), 'config["a.b"]'),
        ((None, ""), '[""]'),
        ((None, "ключ"), '["ключ"]'),
        ((None, "a\nb"), '["a\\nb"]'),
        ((None, "\ud800"), '["\\ud800"]'),
        ((None, "k" * 100), "k" * 64 + "…"),
        ((None, "." * 100), f'["{"." * 64}…"]'),
    ],
)
def test_a_path_is_spelled_as_a_reader_would(path: Path, spelled: str) -> None:
    assert spell(path) == spelled


def test_violations_keep_their_order_and_stop_at_the_most() -> None:
    violations = Violations()
    for index in range(MAX_VIOLATIONS + 5):
        violations.add((None, index), INVALID_FIELD, "is wrong")
    assert [violation.field for violation in violations] == [f"[{index}]" for index in range(MAX_VIOLATIONS)]
    assert violations.full


def test_the_nearest_name_is_found() -> None:
    assert nearest("capabilites", ["agent_id", "capabilities", "tags"]) == "capabilities"
    assert nearest("xyz", ["agent_id", "capabilities", "tags"]) is None
    assert nearest("k" * 1_000_000, ["agent_id"]) is None
