"""Other processes, which run `child_program`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.store.at_once import HANG

_ROOT = Path(__file__).parents[2]


class ChildProcess:
    """A process in a role. What it writes as an error fails the test that expects it to succeed."""

    def __init__(self, role: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.store.child_program", role, *arguments],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin
        assert self._process.stdout
        self._input, self._output = self._process.stdin, self._process.stdout

    def tell(self, line: str = "") -> None:
        """Hands it a line."""
        self._input.write(line + "\n")
        self._input.flush()

    def hear(self) -> str:
        """The next line that it says; empty when it says no more."""
        return self._output.readline().removesuffix("\n")

    def end(self) -> list[str]:
        """Waits until it has succeeded; the rest of what it says."""
        output, errors = self._process.communicate(timeout=HANG)
        assert self._process.returncode == 0, errors
        assert errors == "", errors
        return output.splitlines()

    def kill(self) -> list[str]:
        """Kills it, leaving it no moment to tidy up; the rest of what it said."""
        self._process.kill()
        output, errors = self._process.communicate(timeout=HANG)
        assert errors == "", errors
        return output.splitlines()


@contextmanager
def child(role: str, *arguments: str) -> Iterator[ChildProcess]:
    """A process in a role; killed at the end if it is still there."""
    process = ChildProcess(role, *arguments)
    try:
        yield process
    finally:
        process._process.kill()
        process._process.communicate(timeout=HANG)
