"""The project's processes, started as an operator starts them, each with a directory and ports of its own."""

from __future__ import annotations

import os
import random
import re
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import Signals

import grpc
import httpx

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
"""How many seconds anything may take before a test fails."""

_SERVING = re.compile(r"serving gRPC on \S+:(\d+)\n")


def free_port() -> int:
    """A port that nothing listens on, and that no connection is given by itself."""
    while True:
        port = random.randrange(20_000, 32_000)
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port


def environment(directory: Path, **more: str) -> dict[str, str]:
    """The environment of a process that keeps everything in a directory."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("EVERRUNS_")}
    paths = os.pathsep.join(map(str, (ROOT, ROOT / "generated")))
    # Many run at once, beside whatever else the machine does, so none keeps to a core.
    ours = {
        "PYTHONPATH": paths,
        "EVERRUNS_DATA_DIR": str(directory),
        "EVERRUNS_PIN_CORES": "off",
        "EVERRUNS_LOG_FORMAT": "text",
    }
    return {**inherited, **ours, **more}


def run(arguments: list[str], directory: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Runs `python -m ARGUMENTS` to its end."""
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=environment(directory, **more),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


class Process:
    """A process that runs. What it writes to stderr is in a file, so that it never waits for a reader."""

    def __init__(self, popen: subprocess.Popen[str], errors: Path) -> None:
        self._popen = popen
        self._errors = errors

    @property
    def pid(self) -> int:
        """Its id."""
        return self._popen.pid

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._popen.poll() is None

    @property
    def memory(self) -> int:
        """How much it has resident, in bytes."""
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * resource.getpagesize()

    @property
    def errors(self) -> str:
        """What it has written to stderr."""
        return self._errors.read_text()

    @property
    def grpc_port(self) -> int:
        """The port on which it says that it serves gRPC."""
        [port] = set(_SERVING.findall(self.errors))
        return int(port)

    def send(self, number: Signals) -> None:
        """Sends a signal to it alone."""
        self._popen.send_signal(number)

    def send_to_group(self, number: Signals) -> None:
        """Sends a signal to it and to all of its process group, as a terminal does."""
        os.killpg(self._popen.pid, number)

    def end(self, patience: float = PATIENCE) -> tuple[int, str]:
        """Waits until it and all that it started have ended; its exit code, and what they wrote to stdout.

        Raises TimeoutExpired after `patience` seconds.
        """
        # The pipe has an end once nobody is left who could write to it.
        output, _ = self._popen.communicate(timeout=patience)
        return self._popen.returncode, output

    def read_line(self) -> str:
        """The next line on stdout."""
        assert self._popen.stdout is not None
        return self._popen.stdout.readline()

    def kill(self) -> None:
        """Ends it, if it still runs."""
        if self._popen.poll() is None:
            self._popen.terminate()
            try:
                self._popen.wait(5)
            except subprocess.TimeoutExpired:
                self._popen.kill()
                self._popen.wait()


@contextmanager
def running(arguments: list[str], directory: Path, **more: str) -> Iterator[Process]:
    """`python -m ARGUMENTS` while it runs; it is killed if the test does not end it."""
    directory.mkdir(exist_ok=True)
    errors = directory / f"stderr-{time.monotonic_ns()}"
    with errors.open("w") as stderr:
        popen = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=ROOT,
            env=environment(directory, **more),
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            start_new_session=True,
        )
    process = Process(popen, errors)
    try:
        yield process
    finally:
        process.kill()
        if popen.stdout is not None:
            popen.stdout.close()


@contextmanager
def serving(directory: Path, **more: str) -> Iterator[tuple[Process, grpc.Channel]]:
    """`python -m server serve` on a port that it chooses, and a channel to it that is connected."""
    with running(["server", "serve"], directory, EVERRUNS_GRPC_PORT="0", **more) as process:
        wait_until(process, lambda: _SERVING.search(process.errors) is not None)
        with grpc.insecure_channel(f"127.0.0.1:{process.grpc_port}") as channel:
            grpc.channel_ready_future(channel).result(timeout=PATIENCE)
            yield process, channel


def wait_for_http(url: str, process: Process | None = None) -> None:
    """Waits until the gateway at a URL, which the process is or has started, and its server are well."""

    def is_well() -> bool:
        try:
            return httpx.get(f"{url}/health", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    wait_until(process, is_well)


def wait_until(process: Process | None, happened: Callable[[], bool]) -> None:
    """Waits until something has happened, which the process is to bring about."""
    until = time.monotonic() + PATIENCE
    while not happened():
        said = process.errors if process else ""
        assert process is None or process.runs, said
        assert time.monotonic() < until, said
        time.sleep(0.02)
