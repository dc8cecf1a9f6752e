"""The results as JSON, as Markdown and as a plot."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.measures import Suite
from bench.plot import plot
from bench.results import Cell, Sample, Spread, Summary, summarize
from bench.rounds import COMMIT

CONDITIONS = (
    "Servers run on one core, the load and the harness on another, so that neither takes the other's time; "
    "where a system has several processes, they share the server core unless its line says otherwise.",
    "Each round starts every system of a suite anew, and the systems take turns at every measure. "
    "A figure is the median over the rounds, the range in brackets the lowest and highest; "
    "a ratio is the median of the rates' ratios within a round.",
    "Writes are on disk when they are answered: SQLite in WAL with synchronous=FULL, PostgreSQL with "
    "synchronous_commit=on. After each load the rows of creates are counted, and answers and their bytes "
    "compared.",
    "Load over gRPC is h2load's: 1 in flight is one connection, 16 are 4 × 4 streams, 128 are 8 × 16; over "
    "REST it is wrk's, a connection each. All reads of a load ask for the same.",
    "CPU is the user and system time of all the system's processes but PostgreSQL's, per request; memory is "
    "what they have resident after the load.",
)


@dataclass(frozen=True)
class Report:
    """All that was measured, and under what conditions."""

    machine: Mapping[str, str]
    rounds: int
    seconds: float
    suites: Sequence[Suite]
    samples: Sequence[Sample]

    def write(self, directory: Path) -> list[Path]:
        """Writes `bench.json`, `bench.md` and `bench.svg` and answers their paths."""
        references = {suite.name: suite.reference for suite in self.suites if suite.reference}
        summaries = summarize(self.samples, references)
        directory.mkdir(parents=True, exist_ok=True)
        texts = {
            "bench.json": self._json(summaries),
            "bench.md": self._markdown(summaries),
            "bench.svg": plot(summaries, {suite.name: suite.title for suite in self.suites}),
        }
        for name, text in texts.items():
            (directory / name).write_text(text)
        return [directory / name for name in texts]

    def _json(self, summaries: Sequence[Summary]) -> str:
        document = {
            "machine": dict(self.machine),
            "rounds": self.rounds,
            "seconds": self.seconds,
            "conditions": CONDITIONS,
            "systems": {system.name: system.about for suite in self.suites for system in suite.systems},
            "summaries": [asdict(summary) for summary in summaries],
            "samples": [{**asdict(sample), "rate": sample.rate} for sample in self.samples],
        }
        return json.dumps(document, indent=1) + "\n"

    def _markdown(self, summaries: Sequence[Summary]) -> str:
        lines = [
            "# Measured",
            "",
            ", ".join(f"{name} {value}" for name, value in self.machine.items()) + ".",
            f"{self.rounds} rounds of {self.seconds:g} s a measure (wrk: whole seconds).",
            "",
            *(f"- {condition}" for condition in CONDITIONS),
        ]
        for suite in self.suites:
            lines += ["", f"## {suite.title}", "", suite.notes, ""]
            lines += [f"- **{system.name}**: {system.about}" for system in suite.systems]
            lines += ["", *_table([one for one in summaries if one.cell.suite == suite.name])]
            if suite.commits:
                lines += _alone(suite, summaries)
        return "\n".join(lines) + "\n"


def _table(summaries: Sequence[Summary]) -> list[str]:
    rows = [
        "| measure | in flight | system | requests/s | p50 ms | p99 ms | CPU µs | RSS MiB | bytes | ratio |",
        "|---|--:|---|--:|--:|--:|--:|--:|--:|---|",
    ]
    for one in summaries:
        rows.append(
            f"| {one.cell.measure} | {one.cell.in_flight} | {one.cell.system} | {_rate(one.rate)} "
            f"| {one.p50_us.median / 1e3:.2f} | {one.p99_us.median / 1e3:.2f} | {one.cpu_us.median:.0f} "
            f"| {one.resident_bytes / 2**20:.0f} | {one.answer_bytes} | {_ratio(one)} |"
        )
    return rows


def _alone(suite: Suite, summaries: Sequence[Summary]) -> list[str]:
    """One create alone, beside the least it can take: one commit and one echo."""
    p50 = {one.cell: one.p50_us.median / 1e3 for one in summaries}
    commit = p50.get(Cell(suite.name, "commit", 1, COMMIT))
    echo = p50.get(Cell(suite.name, "create", 1, suite.reference or ""))
    create = p50.get(Cell(suite.name, "create", 1, suite.systems[0].name))
    if commit is None or echo is None or create is None:
        return []
    return [
        "",
        f"One create alone takes {create:.2f} ms (p50); one commit of SQLite {commit:.2f} ms and one echo "
        f"{echo:.2f} ms, together {commit + echo:.2f} ms: {create / (commit + echo):.2f} times that.",
    ]


def _ratio(one: Summary) -> str:
    if one.ratio is None:
        return ""
    return f"{one.ratio.median:.2f} [{one.ratio.low:.2f}–{one.ratio.high:.2f}] × {one.reference}"


def _rate(rate: Spread) -> str:
    return f"{rate.median:,.0f} [{rate.low:,.0f}–{rate.high:,.0f}]"
