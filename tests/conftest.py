"""In which order tests begin, and how properties are tested: in CI with the same examples every time,
elsewhere with new ones.

Hypothesis takes the profile "ci" by itself where it finds a CI's variables; `--hypothesis-profile=ci` does
too. Neither profile measures time: a busy machine must not fail a test.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "ci",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    print_blob=True,
    database=None,
)

LONG = ("wire", "fuzz", "system", "browser", "readme", "store")
"""The rooms with files that take long. They are begun first, so that in the end no process works alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the tests of these rooms first; the order within a room stays."""
    here = Path(__file__).parent

    def rank(item: pytest.Item) -> int:
        room = item.path.relative_to(here).parts[0]
        return LONG.index(room) if room in LONG else len(LONG)

    items.sort(key=rank)
