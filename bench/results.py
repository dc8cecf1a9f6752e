"""What was measured, and its medians over the rounds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Sample:
    """One measurement of one round. Times are per request; `answer_bytes` is the size of one answer."""

    suite: str
    measure: str
    in_flight: int
    system: str
    round: int
    requests: int
    seconds: float
    p50_us: float
    p99_us: float
    cpu_us: float
    resident_bytes: int
    answer_bytes: int

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    @property
    def cell(self) -> Cell:
        return Cell(self.suite, self.measure, self.in_flight, self.system)


@dataclass(frozen=True)
class Cell:
    """What is measured once in a round."""

    suite: str
    measure: str
    in_flight: int
    system: str


@dataclass(frozen=True)
class Spread:
    """A median and the lowest and highest of what it is the median of."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(median(values), min(values), max(values))


@dataclass(frozen=True)
class Summary:
    """A cell over all rounds. `ratio` is of its rate to that of `reference` in the same round."""

    cell: Cell
    rounds: int
    rate: Spread
    p50_us: Spread
    p99_us: Spread
    cpu_us: Spread
    resident_bytes: float
    answer_bytes: int
    reference: str | None
    ratio: Spread | None


def summarize(samples: Iterable[Sample], references: dict[str, str]) -> list[Summary]:
    """Medians of each cell, in order of first appearance; `references` has a suite's reference system."""
    cells: dict[Cell, dict[int, Sample]] = {}
    for sample in samples:
        cells.setdefault(sample.cell, {})[sample.round] = sample
    summaries = []
    for cell, rounds in cells.items():
        reference = references.get(cell.suite)
        beside = cells.get(Cell(cell.suite, cell.measure, cell.in_flight, reference), {}) if reference else {}
        ratios = [rounds[number].rate / beside[number].rate for number in rounds.keys() & beside.keys()]
        of = list(rounds.values())
        summaries.append(
            Summary(
                cell,
                rounds=len(of),
                rate=Spread.of([sample.rate for sample in of]),
                p50_us=Spread.of([sample.p50_us for sample in of]),
                p99_us=Spread.of([sample.p99_us for sample in of]),
                cpu_us=Spread.of([sample.cpu_us for sample in of]),
                resident_bytes=median(sample.resident_bytes for sample in of),
                answer_bytes=of[0].answer_bytes,
                reference=reference if beside and reference != cell.system else None,
                ratio=Spread.of(ratios) if ratios and reference != cell.system else None,
            )
        )
    return summaries
