"""The rounds: each starts every system of a suite anew and lets them take turns at every measure."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.check import CheckError, expect, expect_bytes, expect_rows
from bench.load import Target, prepare
from bench.measures import Suite
from bench.overload import FACTOR, Flood, overload
from bench.postgres import Postgres
from bench.processes import Cores, run
from bench.results import Sample
from bench.systems import Running, Site, System

COMMIT = "sqlite-commit"


@dataclass(frozen=True)
class Plan:
    """How often and how long, where, and whom to tell how it goes."""

    rounds: int
    seconds: float
    cores: Cores
    directory: Path
    say: Callable[[str], None]


def measure_suite(suite: Suite, plan: Plan, postgres: Postgres | None) -> Iterator[Sample]:
    """Every sample of a suite. Raises `StartError`, `LoadError` or `CheckError` at the first bad one."""
    for number in range(1, plan.rounds + 1):
        plan.say(f"{suite.name}: round {number} of {plan.rounds}")
        with ExitStack() as stack:
            running = [_start(system, plan, stack, postgres) for system in suite.systems]
            if suite.overload:
                for system in running:
                    yield from _overload(suite, system, number, plan)
            if suite.commits:
                yield _commit(suite, plan, number)
            if suite.turns:
                for in_flight in suite.in_flight:
                    for system in running:
                        yield _clients(suite, "begin and end", "turns", in_flight, system, number, plan)
            if suite.watches:
                for in_flight in suite.in_flight:
                    for system in running:
                        yield _clients(suite, "deliver", "watchers", in_flight, system, number, plan)
            for measure in suite.measures:
                for in_flight in suite.in_flight:
                    for turn in range(len(running)):
                        # Another system begins in each round, so that none always follows the same one.
                        system = running[(turn + number) % len(running)]
                        if measure in system.calls:
                            yield _measure(suite, measure, in_flight, system, number, plan)


def _start(system: System, plan: Plan, stack: ExitStack, postgres: Postgres | None) -> Running:
    directory = plan.directory / system.name
    directory.mkdir(exist_ok=system.kept)
    if not system.kept:
        stack.callback(shutil.rmtree, directory)
    return system.start(Site(directory, plan.cores, stack, postgres))


def _measure(suite: Suite, measure: str, in_flight: int, running: Running, number: int, plan: Plan) -> Sample:
    call, probe = running.calls[measure], running.probe
    target = Target(running.port, running.key, running.transport, plan.cores.load, plan.directory)
    exact = running.transport == "grpc"
    send = prepare(target, call, in_flight, plan.seconds)
    before = None if call.writes else probe.answer(call)
    rows = probe.total() if running.stores else 0
    cpu = _cpu_seconds(running)
    load = send()
    cpu = _cpu_seconds(running) - cpu
    if running.stores:
        expect_rows(load, call, _settled_total(running) - rows, in_flight, exact)
    after = probe.answer(call)
    expect(measure, after.content)
    if before is not None and before != after:
        raise CheckError(f"{running.system}, {measure}: the answer after the load is not the one before it")
    expect_bytes(load, call, after, exact=exact and not call.writes)
    return Sample(
        suite=suite.name,
        measure=measure,
        in_flight=in_flight,
        system=running.system,
        round=number,
        requests=load.requests,
        seconds=load.seconds,
        p50_us=load.p50_us,
        p99_us=load.p99_us,
        cpu_us=cpu / load.requests * 1e6,
        resident_bytes=sum(process.resident_bytes() for process in running.processes),
        answer_bytes=after.size,
    )


def _settled_total(running: Running) -> int:
    """The number of rows once it no longer moves: wrk leaves requests behind when its time is up."""
    total = running.probe.total()
    while running.transport == "rest":
        time.sleep(0.1)
        previous, total = total, running.probe.total()
        if total == previous:
            break
    return total


def _commit(suite: Suite, plan: Plan, number: int) -> Sample:
    directory = plan.directory / COMMIT
    directory.mkdir()
    printed = run(["bench.commit", str(directory), str(plan.seconds)], {}, plan.cores.server)
    shutil.rmtree(directory)
    said = json.loads(printed)
    return Sample(
        suite=suite.name,
        measure="commit",
        in_flight=1,
        system=COMMIT,
        round=number,
        requests=said["requests"],
        seconds=said["seconds"],
        p50_us=said["p50_us"],
        p99_us=said["p99_us"],
        cpu_us=said["cpu_us"],
        resident_bytes=0,
        answer_bytes=0,
    )


def _clients(
    suite: Suite, measure: str, program: str, in_flight: int, running: Running, number: int, plan: Plan
) -> Sample:
    """A sample that a program of Python clients takes."""
    arguments = [str(running.port), running.key, str(in_flight), str(plan.seconds)]
    cpu = _cpu_seconds(running)
    said = json.loads(run([f"bench.{program}", *arguments], {}, plan.cores.load))
    cpu = _cpu_seconds(running) - cpu
    return Sample(
        suite=suite.name,
        measure=measure,
        in_flight=in_flight,
        system=running.system,
        round=number,
        requests=said["requests"],
        seconds=said["seconds"],
        p50_us=said["p50_us"],
        p99_us=said["p99_us"],
        # Those that warm the server up take their share.
        cpu_us=cpu / said.get("turns", said["requests"]) * 1e6,
        resident_bytes=sum(process.resident_bytes() for process in running.processes),
        answer_bytes=said["answer_bytes"],
    )


def _overload(suite: Suite, running: Running, number: int, plan: Plan) -> Iterator[Sample]:
    target = Target(running.port, running.key, running.transport, plan.cores.load, plan.directory)
    found = overload(running, target, plan.seconds)

    def sample(measure: str, system: str, requests: int, flood: Flood) -> Sample:
        return Sample(
            suite=suite.name,
            measure=measure,
            in_flight=0,
            system=f"{running.system} {system}",
            round=number,
            requests=requests,
            seconds=flood.seconds,
            p50_us=flood.p50_us,
            p99_us=flood.p99_us,
            cpu_us=0,
            resident_bytes=flood.resident_bytes,
            answer_bytes=0,
        )

    def of_caller(measure: str, times: Sequence[float]) -> Sample:
        took = sorted(times)
        alone = Flood(
            seconds=1,
            answered=len(took),
            refused=0,
            p50_us=took[len(took) // 2] * 1e6 if took else 0,
            p99_us=took[len(took) * 99 // 100] * 1e6 if took else 0,
            resident_bytes=found.flood.resident_bytes,
        )
        return sample(measure, "another caller", len(took), alone)

    yield sample("answered", "at its peak", found.peak.answered, found.peak)
    yield sample("answered", f"asked {FACTOR} × that", found.flood.answered, found.flood)
    yield sample("refused", f"asked {FACTOR} × that", found.flood.refused, found.flood)
    yield of_caller("alone", found.before)
    yield of_caller("meanwhile", [one.seconds for one in found.meanwhile if one.answered])
    yield of_caller("meanwhile, refused", [one.seconds for one in found.meanwhile if not one.answered])
    for second, times in enumerate(found.after, 1):
        yield of_caller(f"second {second} after", times)


def _cpu_seconds(running: Running) -> float:
    return sum(process.cpu_seconds() for process in running.processes)
