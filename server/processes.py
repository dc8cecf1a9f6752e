"""Several server processes on one port: started together, pinned, replaced when one dies, drained.

They share the port by SO_REUSEPORT. The parent first takes the port alone, so that one in use by
anything else is an error, and then keeps it bound for as long as it lives. It holds no gRPC object
and no connection, and its children are spawned, not forked.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing.connection import Connection, wait

from server.log import start_logging
from server.settings import Settings

logger = logging.getLogger(__name__)

Work = Callable[[Settings, Callable[[], None]], None]
"""Serves until SIGTERM; calls what it is handed once calls are answered."""

LONGEST_BACKOFF = 10.0
"""The most seconds that a process which keeps dying is dead."""

_START_WAIT = 60.0
_DRAIN_WAIT = 40.0
_CHECK_EVERY = 0.2


class PortTaken(Exception):
    """The port cannot be listened on."""


class StartFailed(Exception):
    """A process ended before it served; its own message says why."""


def run_processes(
    settings: Settings, work: Work, when_serving: Callable[[], None], while_true: Callable[[], bool]
) -> None:
    """Runs `work` in `settings.workers` processes until SIGTERM or SIGINT, then drains them all.

    `when_serving` is called once all of them serve; it ends, too, when `while_true` no longer is.
    Raises PortTaken and StartFailed.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with reserve_port(settings.grpc_host, settings.grpc_port) as reserved:
        shared = replace(settings, grpc_port=reserved.getsockname()[1], share_port=True)
        cores = cores_to_pin(settings)
        children = [
            _Child(_of_place(shared, place), work, cores[place % len(cores)])
            for place in range(settings.workers)
        ]
        try:
            for child in children:
                child.wait_until_serving(stop)
            if not stop.is_set():
                logger.info("%d processes serve gRPC on port %d", len(children), shared.grpc_port)
                when_serving()
            while not stop.wait(_CHECK_EVERY) and while_true():
                for child in children:
                    child.replace_if_dead()
        finally:
            for child in children:
                child.terminate()
            for child in children:
                child.join()


def cores_to_pin(settings: Settings) -> list[int | None]:
    """The cores that processes keep to, one after the other; [None] where they keep to none."""
    cores: list[int | None] = [*sorted(os.sched_getaffinity(0), reverse=True)]
    return cores if settings.pin_cores and len(cores) > 1 else [None]


@contextlib.contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """Keeps this thread, and for good those that it makes meanwhile, to a core if there is one given.

    The threads of one interpreter take turns anyway, and on one core they fight less for the turn.
    """
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, before if core is None else {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextlib.contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Has processes that are started meanwhile leave Ctrl-C to this one until they serve."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def reserve_port(host: str, port: int) -> socket.socket:
    """A socket bound, without listening, to a port that nobody else has; processes may share it.

    Raises PortTaken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    reserved = socket.socket(family)
    try:
        # Without SO_REUSEPORT this fails beside any other listener, one that would share included.
        with socket.socket(family) as alone:
            alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            alone.bind((host, port))
            free = alone.getsockname()[1]
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reserved.bind((host, free))
    except OSError as error:
        reserved.close()
        raise PortTaken(f"cannot listen on {host}:{port}: {error.strerror or error}") from None
    return reserved


def _of_place(settings: Settings, place: int) -> Settings:
    sockets = settings.metrics_socket
    return replace(settings, metrics_socket=sockets / str(place)) if sockets else settings


class _Child:
    """A place among the processes, and the process that has it now."""

    def __init__(self, settings: Settings, work: Work, core: int | None) -> None:
        self._settings = settings
        self._work = work
        self._core = core
        self._failures = 0
        self._restart_at: float | None = None
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._serving, sending = context.Pipe(duplex=False)
        arguments = (self._settings, self._work, self._core, os.getpid(), sending)
        self._process = context.Process(target=_run, args=arguments, name="everruns-worker")
        with _interrupts_ignored():
            self._process.start()
        sending.close()
        self._started = time.monotonic()

    def wait_until_serving(self, stop: threading.Event) -> None:
        """Returns when the process serves, or `stop` is set. Raises StartFailed."""
        until = time.monotonic() + _START_WAIT
        while not stop.is_set():
            if wait([self._serving], timeout=_CHECK_EVERY):
                try:
                    self._serving.recv()
                except EOFError:
                    raise StartFailed("a server process ended before it served") from None
                return
            if time.monotonic() > until:
                raise StartFailed(f"a server process did not serve within {_START_WAIT:.0f} s")

    def replace_if_dead(self) -> None:
        """Starts the process anew, the later the oftener it died soon after a start."""
        now = time.monotonic()
        if self._restart_at is not None:
            if now >= self._restart_at:
                self._restart_at = None
                self._start()
        elif not self._process.is_alive():
            self._failures = self._failures + 1 if now - self._started < 2 * LONGEST_BACKOFF else 0
            pause = min(0.1 * 2**self._failures, LONGEST_BACKOFF)
            code = self._process.exitcode
            logger.error("a server process ended with %s; another starts in %.1f s", code, pause)
            self._restart_at = now + pause

    def terminate(self) -> None:
        """Tells the process to drain and end."""
        if self._process.is_alive():
            self._process.terminate()

    def join(self) -> None:
        """Waits for the process to end, and kills it if it does not."""
        self._process.join(_DRAIN_WAIT)
        if self._process.is_alive():
            logger.error("a server process did not drain in %.0f s and is killed", _DRAIN_WAIT)
            self._process.kill()
            self._process.join()


def _run(settings: Settings, work: Work, core: int | None, parent: int, serving: Connection) -> None:
    def say_so() -> None:
        serving.send(True)
        serving.close()

    start_logging(settings)
    # A parent that was killed leaves nobody to drain this process, so it does so itself.
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    with pinned(core):
        work(settings, say_so)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    logger.error("the parent process is gone; stopping")
    os.kill(os.getpid(), signal.SIGTERM)
