"""The page on faults names tests that there are."""

from __future__ import annotations

from tests.readme.blocks import code
from tests.system.processes import ROOT


def test_the_tests_that_it_names_exist() -> None:
    spans = code((ROOT / "docs" / "reliability.md").read_text())
    named = {span for span in spans if span.startswith("tests/")}
    assert len(named) > 15
    assert [path for path in sorted(named) if not (ROOT / path).is_file()] == []
