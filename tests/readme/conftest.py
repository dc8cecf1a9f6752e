"""Runs what the README shows, and leaves out the examples of grpcurl where there is none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.readme.transcript import Transcript, transcribed
from tests.system.conftest import find_grpcurl

_MISSING = pytest.StashKey[int]()


@pytest.fixture(scope="session")
def grpcurl() -> str:
    """The path of grpcurl. Without it the tests that ask for it are not collected."""
    path = find_grpcurl()
    assert path is not None
    return path


@pytest.fixture(scope="session")
def transcript(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Transcript]:
    """The README's examples, run once and in order."""
    with transcribed(tmp_path_factory.mktemp("readme"), find_grpcurl()) as found:
        yield found


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
