"""Load: h2load for gRPC, wrk for REST, each told what to send and asked how long it took."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Literal, TypeAlias

from bench.messages import Call, frame
from bench.processes import pinned

Transport: TypeAlias = Literal["grpc", "rest"]

CONNECTIONS_AND_STREAMS = {1: (1, 1), 16: (4, 4), 128: (8, 16)}
"""How h2load spreads requests in flight over connections, and over the streams of each."""

SCRIPT = Path(__file__).with_name("wrk.lua")
_FIRST_GUESS = 512


class LoadError(Exception):
    """A load that did not do what it was told."""


@dataclass(frozen=True)
class Load:
    """What came of a load. `answer_bytes` counts bodies over gRPC, and heads and bodies over REST."""

    requests: int
    seconds: float
    answer_bytes: int
    p50_us: float
    p99_us: float


@dataclass(frozen=True)
class Target:
    """Where load goes, as whom, and from which cores."""

    port: int
    key: str
    transport: Transport
    cores: Collection[int]
    scratch: Path


def prepare(target: Target, call: Call, in_flight: int, seconds: float) -> Callable[[], Load]:
    """What sends the call for about so many seconds.

    Over gRPC it finds out first how many requests that takes, which also warms the server up: a load of a
    known number of requests ends with none under way, so that rows can be counted exactly.
    """
    if target.transport == "rest":
        return partial(wrk, target, call, in_flight, seconds)
    requests = _FIRST_GUESS if in_flight > 1 else _FIRST_GUESS // 4
    for share in (0.25, 1.0):
        tried = h2load(target, call, in_flight, requests)
        enough = max(4 * in_flight, int(tried.requests / tried.seconds * seconds * share))
        requests = enough - enough % in_flight
    return partial(h2load, target, call, in_flight, requests)


def h2load(target: Target, call: Call, in_flight: int, requests: int) -> Load:
    """Sends exactly so many gRPC requests. Raises `LoadError` when one fails below gRPC.

    h2load does not look at grpc-status: whether the answers are good is for `check` to say.
    """
    connections, streams = CONNECTIONS_AND_STREAMS[in_flight]
    body, log = target.scratch / "h2load.body", target.scratch / "h2load.log"
    body.write_bytes(frame(call.body))
    log.unlink(missing_ok=True)
    output = _run(
        target,
        [
            "h2load",
            f"--requests={requests}",
            f"--clients={connections}",
            f"--max-concurrent-streams={streams}",
            f"--log-file={log}",
            f"--data={body}",
            "--header=content-type: application/grpc",
            "--header=te: trailers",
            f"--header=authorization: Bearer {target.key}",
            f"http://127.0.0.1:{target.port}{call.path}",
        ],
    )
    succeeded = _number(r"(\d+) succeeded", output)
    if succeeded != requests or _number(r"status codes: (\d+) 2xx", output) != requests:
        raise LoadError(f"h2load: {succeeded} of {requests} requests to {call.path} succeeded\n{output}")
    rows = [line.split("\t") for line in log.read_text().splitlines()]
    starts, times = [int(row[0]) for row in rows], [int(row[2]) for row in rows]
    ends = [start + time for start, time in zip(starts, times, strict=True)]
    return Load(
        requests,
        (max(ends) - min(starts)) / 1e6,
        _number(r"\((\d+)\) data", output),
        median(times),
        quantiles(times, n=100)[98],
    )


def wrk(target: Target, call: Call, connections: int, seconds: float) -> Load:
    """Sends HTTP requests for so many seconds (whole ones, 1 at least). Raises `LoadError` when one fails."""
    arguments = [call.method, target.key]
    if call.body:
        body = target.scratch / "wrk.body"
        body.write_bytes(call.body)
        arguments.append(str(body))
    output = _run(
        target,
        [
            "wrk",
            "--threads=1",
            f"--connections={connections}",
            f"--duration={max(1, round(seconds))}s",
            "--timeout=30s",
            f"--script={SCRIPT}",
            f"http://127.0.0.1:{target.port}{call.path}",
            "--",
            *arguments,
        ],
    )
    said = json.loads(output.splitlines()[-1])
    if said["failed"] or not said["requests"]:
        raise LoadError(f"wrk: {said['failed']} failures at {call.method} {call.path}\n{output}")
    seconds = said["microseconds"] / 1e6
    return Load(said["requests"], seconds, said["bytes"], float(said["p50_us"]), float(said["p99_us"]))


def _run(target: Target, argv: list[str]) -> str:
    done = subprocess.run(pinned(argv, target.cores), capture_output=True, text=True)
    if done.returncode != 0:
        raise LoadError(f"{argv[0]} ended with {done.returncode}: {done.stderr[-1000:]}")
    return done.stdout


def _number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    if found is None:
        raise LoadError(f"no {pattern!r} in:\n{text}")
    return int(found[1])
