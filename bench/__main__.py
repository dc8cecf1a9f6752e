"""`python -m bench`: measures, and writes what it found as JSON, Markdown and a plot."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from bench.requirements import missing

FULL_ROUNDS, FULL_SECONDS = 5, 0.7
QUICK_ROUNDS, QUICK_SECONDS = 1, 0.2


def main(arguments: Sequence[str]) -> int:
    """0 when all was measured, 1 when something did not hold, 2 when nothing could be measured."""
    options = _parser().parse_args(arguments)
    lacking = missing()
    if lacking is not None:
        print(f"bench: {lacking}", file=sys.stderr)
        return 2
    return _measure(options)


def _measure(options: argparse.Namespace) -> int:
    # Only now: what these import may be missing.
    from bench import machine, measures
    from bench.check import CheckError
    from bench.load import LoadError
    from bench.postgres import private_postgres
    from bench.processes import StartError
    from bench.report import Report
    from bench.results import Sample
    from bench.rounds import Plan, measure_suite

    cores = machine.cores()
    if cores is None:
        print("bench: two cores are needed, one for servers and one for load", file=sys.stderr)
        return 2
    try:
        suites = measures.only(options.only) if options.only else list(measures.SUITES)
    except ValueError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    suites = measures.quick(suites) if options.quick else suites
    described = machine.describe()
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else FULL_ROUNDS)
    seconds = options.seconds or (QUICK_SECONDS if options.quick else FULL_SECONDS)
    signal.signal(signal.SIGTERM, _end)
    os.sched_setaffinity(0, cores.load)
    start = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - start:6.1f} s  {what}", file=sys.stderr, flush=True)

    samples: list[Sample] = []
    try:
        with ExitStack() as stack:
            scratch = tempfile.TemporaryDirectory(prefix="bench-", dir=options.scratch)
            directory = Path(stack.enter_context(scratch))
            wants_postgres = any(suite.needs_postgres for suite in suites)
            postgres = stack.enter_context(private_postgres(directory)) if wants_postgres else None
            plan = Plan(rounds, seconds, cores, directory, say)
            for suite in suites:
                samples += measure_suite(suite, plan, postgres)
    except (CheckError, LoadError, StartError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench: stopped", file=sys.stderr)
        return 130
    report = Report(described, rounds, seconds, suites, samples)
    paths = report.write(options.out)
    print(paths[1].read_text())
    say(f"written: {', '.join(map(str, paths))}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    add = parser.add_argument
    add("--quick", action="store_true", help="a smoke check: short, and in part")
    add("--only", action="append", metavar="NAME", help="a suite or a system; repeatable")
    add("--rounds", type=int, help=f"default {FULL_ROUNDS}, quick {QUICK_ROUNDS}")
    add("--seconds", type=float, help=f"of a measure; default {FULL_SECONDS:g}, quick {QUICK_SECONDS:g}")
    add("--out", type=Path, default=Path("build/bench"), help="default build/bench")
    add("--scratch", type=Path, help="a directory for the stores; default the system's")
    return parser


def _end(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
