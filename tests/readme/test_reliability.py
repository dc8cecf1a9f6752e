"""The page on faults names tests and commands that there are."""

from __future__ import annotations

import re

from bench import measures
from tests.readme.blocks import code, prose
from tests.system.processes import ROOT


def test_the_tests_that_it_names_exist() -> None:
    spans = code((ROOT / "docs" / "reliability.md").read_text())
    named = {span for span in spans if span.startswith("tests/")}
    assert len(named) > 15
    assert [path for path in sorted(named) if not (ROOT / path).is_file()] == []


def test_what_is_measured_by_a_command_can_be() -> None:
    named: set[str] = set()
    for page in ("README.md", "docs/reliability.md", "docs/operations.md"):
        named |= set(re.findall(r"--only ([a-z0-9-]+)", (ROOT / page).read_text()))
    assert {"overload", "overload-rest", "metrics"} <= named
    # Raises for a name that nothing has.
    assert measures.only(sorted(named))


def test_the_targets_that_pages_name_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in ("docs/reliability.md", "docs/operations.md", "SECURITY.md"):
        spans = code(prose((ROOT / page).read_text()))
        assert {name for span in spans for name in re.findall(r"\bmake ([a-z-]+)", span)} <= targets, page
