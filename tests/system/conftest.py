"""Finds the tools that tests run, leaves out the tests of one that is not there, and reports figures."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system.processes import ROOT

_MISSING = pytest.StashKey[dict[str, int]]()
_FIGURES = pytest.StashKey[list[str]]()


def find_grpcurl() -> str | None:
    """The path of grpcurl: on PATH, as `make grpcurl` builds it, or as `go install` does."""
    places = ROOT / "build" / "bin", Path.home() / "go" / "bin"
    return shutil.which("grpcurl") or next(
        filter(None, (shutil.which("grpcurl", path=str(p)) for p in places)), None
    )


def find_pgbouncer() -> str | None:
    """The path of pgbouncer: on PATH, or where Debian has what is for administrators."""
    return shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")


_TOOLS = {
    "grpcurl": (find_grpcurl, "`make grpcurl` builds it, given Go"),
    "pgbouncer": (find_pgbouncer, "the distribution's package of that name has it"),
}
"""How each is found, and how it is come by."""


@pytest.fixture(scope="session")
def grpcurl() -> str:
    """The path of grpcurl. Without it the tests that ask for it are not collected."""
    path = find_grpcurl()
    assert path is not None
    return path


@pytest.fixture(scope="session")
def pgbouncer() -> str:
    """The path of pgbouncer. Without it the tests that ask for it are not collected."""
    path = find_pgbouncer()
    assert path is not None
    return path


@pytest.fixture(scope="session")
def buf() -> str:
    """The path of buf, which is in the environment that the tests run in."""
    path = shutil.which("buf", path=str(Path(sys.executable).parent)) or shutil.which("buf")
    assert path is not None
    return path


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Takes a line that is shown when all is over, if the test is one of the reliability run."""
    if request.node.get_closest_marker("reliability") is None:
        return lambda line: None
    return request.config.stash.setdefault(_FIGURES, []).append


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = config.stash.setdefault(_MISSING, {})
    for tool, (find, _) in _TOOLS.items():
        if find() is not None:
            continue
        need = [item for item in items if isinstance(item, pytest.Function) and tool in item.fixturenames]
        items[:] = [item for item in items if item not in need]
        config.hook.pytest_deselected(items=need)
        left_out[tool] = len(need)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for tool, tests in config.stash.get(_MISSING, {}).items():
        if tests:
            line = f"{tool} is missing, so {tests} tests were left out; {_TOOLS[tool][1]}."
            terminalreporter.write_line(line)
    for line in config.stash.get(_FIGURES, []):
        terminalreporter.write_line(line)
