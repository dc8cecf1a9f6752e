"""`python -m bench.memory`: the memory of a server after 10,000 requests, and after 1,000,000."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench.check import expect
from bench.load import Target, h2load
from bench.machine import cores
from bench.requirements import missing
from bench.systems import Running, Service, Site

MIX = {"get": 6_400, "create": 2_560, "list": 640, "runtime-agent": 400}
"""The requests of one lap, 10,000 together."""

LAPS = (1, 100)
"""After how many laps it is looked at."""

_IN_FLIGHT = 16
_OUT = Path("build/bench/memory.json")


def main() -> int:
    """0 when it was measured, 2 when it could not be."""
    lacking, free = missing(), cores()
    if lacking is not None or free is None:
        print(f"bench.memory: {lacking or 'two cores are needed'}", file=sys.stderr)
        return 2
    os.sched_setaffinity(0, free.load)
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        running = Service("service", "this service, one process, SQLite").start(
            Site(directory, free, stack, None)
        )
        target = Target(running.port, running.key, running.transport, free.load, directory)
        found = [
            _after(running, target, range(before, laps))
            for before, laps in zip((0, *LAPS), LAPS, strict=False)
        ]
    for laps, (private, resident) in zip(LAPS, found, strict=True):
        count = laps * sum(MIX.values())
        print(
            f"{count:>9,} requests: {private / 2**20:6.1f} MiB of its own, {resident / 2**20:6.1f} resident"
        )
    print(f"its own memory grew to {found[-1][0] / found[0][0]:.3f} times")
    _OUT.parent.mkdir(parents=True, exist_ok=True)
    _OUT.write_text(json.dumps({"laps": LAPS, "mix": MIX, "private_and_resident_bytes": found}) + "\n")
    return 0


def _after(running: Running, target: Target, laps: Sequence[int]) -> tuple[int, int]:
    for _ in laps:
        for measure, requests in MIX.items():
            h2load(target, running.calls[measure], _IN_FLIGHT, requests)
    for measure in MIX:
        expect(measure, running.probe.answer(running.calls[measure]).content)
    (process,) = running.processes
    return process.private_bytes(), process.resident_bytes()


if __name__ == "__main__":
    sys.exit(main())
