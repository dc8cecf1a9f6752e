"""Finds the tools that tests run, and leaves out the tests of a tool that is not there."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.system.processes import ROOT

_MISSING = pytest.StashKey[int]()


def find_grpcurl() -> str | None:
    """The path of grpcurl: on PATH, as `make grpcurl` builds it, or as `go install` does."""
    places = ROOT / "build" / "bin", Path.home() / "go" / "bin"
    return shutil.which("grpcurl") or next(
        filter(None, (shutil.which("grpcurl", path=str(p)) for p in places)), None
    )


@pytest.fixture(scope="session")
def grpcurl() -> str:
    """The path of grpcurl. Without it the tests that ask for it are not collected."""
    path = find_grpcurl()
    assert path is not None
    return path


@pytest.fixture(scope="session")
def buf() -> str:
    """The path of buf, which is in the environment that the tests run in."""
    path = shutil.which("buf", path=str(Path(sys.executable).parent)) or shutil.which("buf")
    assert path is not None
    return path


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if find_grpcurl() is not None:
        return
    need = [item for item in items if isinstance(item, pytest.Function) and "grpcurl" in item.fixturenames]
    items[:] = [item for item in items if item not in need]
    config.hook.pytest_deselected(items=need)
    config.stash[_MISSING] = len(need)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if missing := config.stash.get(_MISSING, 0):
        line = f"grpcurl is missing, so {missing} tests were left out; `make grpcurl` builds it, given Go."
        terminalreporter.write_line(line)
