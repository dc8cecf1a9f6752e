"""Overload: what is answered while far more is asked than can be, and how soon afterwards all is as before.

The peak is what a closed loop gets out of the server, creates and gets in equal parts. Then h2load sends
creates and gets at a fixed rate, whatever becomes of those before, over many connections. Meanwhile and
afterwards one caller with a key of its own makes a call every few milliseconds and notes how long it took.
"""

from __future__ import annotations

import re
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from statistics import median, quantiles

from bench.caller import Caller, caller_of
from bench.check import CheckError
from bench.load import LoadError, Target
from bench.messages import Call, frame
from bench.processes import pinned
from bench.systems import Running

FACTOR = 4
"""How many times the peak is offered."""

AFTERWARDS = 5
"""For how many seconds the caller goes on alone."""

_PEAK_SHAPE = 8, 8
_SHAPES = {"grpc": (32, 100), "rest": (400, 1)}
_PAUSE = 0.01


@dataclass(frozen=True)
class Flood:
    """What came of creates and gets: requests, the times of all ends, and the most memory meanwhile."""

    seconds: float
    answered: int
    refused: int
    p50_us: float
    p99_us: float
    resident_bytes: int


@dataclass(frozen=True)
class Called:
    """A call of the caller: when it began, how long it took, and whether it was answered."""

    at: float
    seconds: float
    answered: bool


@dataclass(frozen=True)
class Overload:
    """All of one run: `before` and `after` have the times of calls alone, `after` by the second."""

    peak: Flood
    flood: Flood
    meanwhile: Sequence[Called]
    before: Sequence[float]
    after: Sequence[Sequence[float]]


def overload(running: Running, target: Target, seconds: float) -> Overload:
    """Runs it, with so many seconds of load (whole ones). Raises `LoadError`, and `CheckError` where a call
    ends otherwise than answered or refused as too many."""
    whole = max(2, round(seconds))
    calls = running.calls["create"], running.calls["get"]
    sizes = [running.probe.answer(call).size for call in calls]
    _flood(running, target, calls, sizes, _PEAK_SHAPE, None, 1)
    peak = _flood(running, target, calls, sizes, _PEAK_SHAPE, None, whole)
    rate = FACTOR * peak.answered / peak.seconds
    with _calling(caller_of(running), calls) as called:
        time.sleep(1)
        flooded = time.monotonic()
        flood = _flood(running, target, calls, sizes, _SHAPES[running.transport], rate, whole)
        ended = time.monotonic()
        time.sleep(AFTERWARDS)
    after: list[list[float]] = [[] for _ in range(AFTERWARDS)]
    for one in called:
        if one.at >= ended and one.answered:
            after[min(AFTERWARDS - 1, int(one.at - ended))].append(one.seconds)
    return Overload(
        peak,
        flood,
        meanwhile=[one for one in called if flooded <= one.at < ended],
        before=[one.seconds for one in called if one.at < flooded],
        after=after,
    )


@contextmanager
def _calling(caller: Caller, calls: Sequence[Call]) -> Iterator[list[Called]]:
    called: list[Called] = []
    failures: list[Exception] = []
    stop = threading.Event()

    def call() -> None:
        try:
            for one in cycle(calls):
                if stop.wait(_PAUSE):
                    break
                at = time.monotonic()
                answered = caller(one)
                called.append(Called(at, time.monotonic() - at, answered))
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    try:
        yield called
    finally:
        stop.set()
        thread.join()
    if failures:
        raise CheckError(f"a call under overload: {failures[0]}") from failures[0]


def _flood(
    running: Running,
    target: Target,
    calls: Sequence[Call],
    sizes: Sequence[int],
    shape: tuple[int, int],
    rate: float | None,
    seconds: int,
) -> Flood:
    """Sends creates and gets at the same time, half of the rate each, or as fast as they are answered."""
    resident, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            now = sum(process.resident_bytes() for process in running.processes)
            resident[0] = max(resident[0], now)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        with ThreadPoolExecutor(len(calls)) as threads:
            halves = [
                threads.submit(_h2load, target, call, size, shape, rate and rate / len(calls), seconds)
                for call, size in zip(calls, sizes, strict=True)
            ]
            found = [half.result() for half in halves]
    finally:
        done.set()
        watching.join()
    times = [took for _, _, each in found for took in each]
    return Flood(
        seconds,
        answered=sum(answered for answered, _, _ in found),
        refused=sum(refused for _, refused, _ in found),
        p50_us=median(times),
        p99_us=quantiles(times, n=100)[98],
        resident_bytes=resident[0],
    )


def _h2load(
    target: Target, call: Call, size: int, shape: tuple[int, int], rate: float | None, seconds: int
) -> tuple[int, int, list[int]]:
    """How many requests were answered, and refused, and the times of all in microseconds.

    Over gRPC every end is a 200 to h2load, but a refusal has no message: what was answered is how often the
    bytes of a message fit into those that came. Over REST the statuses say it.
    """
    grpc = target.transport == "grpc"
    connections, streams = shape
    body = target.scratch / f"overload-{call.measure}.body"
    log = target.scratch / f"overload-{call.measure}.log"
    body.write_bytes(frame(call.body) if grpc else call.body)
    log.unlink(missing_ok=True)
    command = [
        "h2load",
        f"--duration={seconds}",
        f"--clients={connections}",
        f"--max-concurrent-streams={streams}",
        f"--log-file={log}",
        f"--header=authorization: Bearer {target.key}",
    ]
    if rate is not None:
        command.append(f"--rps={rate / connections:.3f}")
    if call.body:
        command.append(f"--data={body}")
    if grpc:
        command += ["--header=content-type: application/grpc", "--header=te: trailers"]
    else:
        command += ["--h1", "--header=content-type: application/json"]
    command.append(f"http://127.0.0.1:{target.port}{call.path}")
    done = subprocess.run(pinned(command, target.cores), capture_output=True, text=True)
    if done.returncode != 0:
        raise LoadError(f"h2load ended with {done.returncode}: {done.stderr[-1000:]}")
    rows = [line.split("\t") for line in log.read_text().splitlines()]
    statuses = [int(row[1]) for row in rows]
    odd = {status for status in statuses if status not in (200, 201, 429, 503)}
    if odd or not rows:
        raise LoadError(f"h2load: answers of {sorted(odd)} to {call.path}\n{done.stdout}")
    if grpc:
        found = re.search(r"\((\d+)\) data", done.stdout)
        answered = int(found[1]) // size if found else 0
    else:
        answered = sum(status < 300 for status in statuses)
    return answered, len(rows) - answered, [int(row[2]) for row in rows]
