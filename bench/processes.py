"""Processes that are measured: pinned to cores, watched through /proc, and stopped for sure."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class StartError(Exception):
    """A process that did not come up; says what it wrote."""


@dataclass(frozen=True)
class Cores:
    """Where servers run and where load runs, so that neither takes the other's time."""

    server: frozenset[int]
    load: frozenset[int]

    @property
    def all(self) -> frozenset[int]:
        return self.server | self.load


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment, without settings of the service that a developer may have set."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("EVERRUNS_")}
    return {**kept, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'generated'}", **settings}


def pinned(argv: Sequence[str], cores: Collection[int]) -> list[str]:
    """The command, on these cores only."""
    return ["taskset", "--cpu-list", ",".join(map(str, sorted(cores))), *argv]


def run(module: Sequence[str], settings: Mapping[str, str], cores: Collection[int]) -> str:
    """Runs `python -m` to its end and answers what it printed. Raises `StartError` when it fails."""
    argv = pinned([sys.executable, "-m", *module], cores)
    done = subprocess.run(argv, env=environment(settings), cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise StartError(f"python -m {' '.join(module)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout


class Process:
    """`python -m …` in the background, with all the processes that it starts. Not thread-safe."""

    def __init__(
        self, module: Sequence[str], settings: Mapping[str, str], cores: Collection[int], log: Path
    ) -> None:
        self._name = " ".join(module)
        self._log = log
        argv = pinned([sys.executable, "-m", *module], cores)
        with log.open("wb") as output:
            # A session of its own: Ctrl-C reaches the harness alone, which then stops it.
            self._popen = subprocess.Popen(
                argv,
                env=environment(settings),
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_for_port(self, port: int, seconds: float = 30) -> None:
        """Returns once something listens there. Raises `StartError` when the process ends or time is up."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._popen.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        text = self._log.read_text(errors="replace")[-2000:]
        raise StartError(f"python -m {self._name} does not listen on port {port}:\n{text}")

    def cpu_seconds(self) -> float:
        """User and system time so far, of all its processes."""
        ticks = 0
        for pid in _tree(self._popen.pid):
            stat = _stat(pid)
            ticks += int(stat[11]) + int(stat[12]) if stat else 0
        return ticks / _TICKS_A_SECOND

    def resident_bytes(self) -> int:
        """Memory in use now, of all its processes; pages that they share count for each."""
        stats = (_stat(pid) for pid in _tree(self._popen.pid))
        return sum(int(stat[21]) * _PAGE_BYTES for stat in stats if stat)

    def private_bytes(self) -> int:
        """Memory in use now that is nobody else's and in no file, of all its processes."""
        return sum(map(_private, _tree(self._popen.pid)))

    def stop(self) -> None:
        """Asks it to end, and after 10 seconds ends all its processes."""
        self._popen.terminate()
        try:
            with suppress(subprocess.TimeoutExpired):
                self._popen.wait(10)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self._popen.pid, signal.SIGKILL)
            self._popen.wait()


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from `state` on (proc_pid_stat(5)); none when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _private(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    # In KiB, whatever proc_pid_status(5) calls it.
    return next(
        (int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("RssAnon")), 0
    )


def _tree(root: int) -> Iterator[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (stat := _stat(int(entry.name))):
            children.setdefault(int(stat[1]), []).append(int(entry.name))
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        yield pid
        waiting += children.get(pid, [])
