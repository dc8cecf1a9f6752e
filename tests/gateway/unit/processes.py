"""The project's programs as processes of their own, and the processes that those start."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import gateway

PATIENCE = 40.0
"""How many seconds anything may take before a test fails."""

_ROOT = Path(gateway.__file__).parents[1]
_ESTABLISHED = "01"


def environment(**settings: str) -> dict[str, str]:
    """Returns this process's environment with these settings and no others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EVERRUNS_")}
    path = f"{_ROOT}{os.pathsep}{_ROOT / 'generated'}"
    ours = {"PYTHONPATH": path, "EVERRUNS_HTTP_PORT": "0", "EVERRUNS_LOG_FORMAT": "text"}
    return kept | ours | settings


@contextmanager
def gateway_process(**settings: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Yields a running gateway and its URL."""
    with running_python("-m", "gateway", **settings) as running:
        yield running, _read_until(r"listening on (http://\S+),", running)


@contextmanager
def server_process(directory: Path, count: int) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Yields a running server of several processes, all of which serve, and its port."""
    with running_python(
        "-m",
        "server",
        "serve",
        EVERRUNS_DATA_DIR=str(directory),
        EVERRUNS_GRPC_PORT="0",
        EVERRUNS_WORKERS=str(count),
    ) as running:
        yield running, int(_read_until(rf"{count} processes serve gRPC on port (\d+)", running))
        running.terminate()
        end(running)


@contextmanager
def running_python(*arguments: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """Yields a running Python, which leads a process group of its own and writes all to its stdout."""
    with subprocess.Popen(
        [sys.executable, *arguments],
        env=environment(**settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    ) as running:
        try:
            yield running
        finally:
            # Until somebody has asked for its status the group cannot be another's.
            if running.returncode is None:
                os.killpg(running.pid, signal.SIGKILL)


def _read_until(pattern: str, running: subprocess.Popen[str]) -> str:
    assert running.stdout is not None
    written = ""
    for line in running.stdout:
        if found := re.search(pattern, line):
            return found[1]
        written += line
    raise EOFError(f"no {pattern} in {written}")


def end(running: subprocess.Popen[str]) -> tuple[int, str]:
    """Waits until the program and all that it started have ended; its exit status, and what they wrote.

    Raises subprocess.TimeoutExpired.
    """
    # The pipe ends once nobody is left who could write to it.
    written, _ = running.communicate(timeout=PATIENCE)
    return running.returncode, written


def workers(running: subprocess.Popen[str]) -> set[int]:
    """Returns the ids of the processes that serve for a program of several, without those that have ended."""
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
    return {int(child) for child in children if b"--multiprocessing-fork" in _command_line(child)}


def connections(process: int, port: int) -> int:
    """Returns how many connections to the port the process has taken."""
    held = {_target(entry) for entry in Path(f"/proc/{process}/fd").iterdir()}
    # A socket for IPv6 may take connections over IPv4.
    tables = [Path(f"/proc/net/{table}").read_text().splitlines() for table in ("tcp", "tcp6")]
    return sum(
        local.endswith(f":{port:04X}") and state == _ESTABLISHED and f"socket:[{inode}]" in held
        for table in tables
        for _, local, _, state, _, _, _, _, _, inode, *_ in map(str.split, table[1:])
    )


def wait_until(condition: Callable[[], bool]) -> None:
    """Returns once the condition holds. Raises TimeoutError."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.01)


def _command_line(process: str) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except FileNotFoundError:
        # The process has closed it since.
        return ""
