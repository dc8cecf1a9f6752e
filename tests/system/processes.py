"""The project's processes, started as an operator starts them, each with a directory and ports of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import Signals

import grpc
import httpx

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
"""How many seconds anything may take before a test fails."""


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def environment(directory: Path, **more: str) -> dict[str, str]:
    """The environment of a process that keeps everything in a directory."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("EVERRUNS_")}
    paths = os.pathsep.join(map(str, (ROOT, ROOT / "generated")))
    # Many run at once, beside whatever else the machine does, so none keeps to a core.
    ours = {"PYTHONPATH": paths, "EVERRUNS_DATA_DIR": str(directory), "EVERRUNS_PIN_CORES": "off"}
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
    def errors(self) -> str:
        """What it has written to stderr."""
        return self._errors.read_text()

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
    """`python -m server serve`, and a channel to it that is connected."""
    port = free_port()
    with (
        running(["server", "serve"], directory, EVERRUNS_GRPC_PORT=str(port), **more) as process,
        grpc.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        grpc.channel_ready_future(channel).result(timeout=PATIENCE)
        yield process, channel


def wait_for_http(url: str) -> None:
    """Waits until the gateway at a URL, and the server behind it, are well."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            if httpx.get(f"{url}/health", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise TimeoutError(f"{url} does not answer")
