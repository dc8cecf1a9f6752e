"""What is counted of the work that is done: calls, statements, commits, groups of writes."""

from __future__ import annotations

from server.core.tally import Tally

SECONDS = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""The bounds of durations."""

GROUP_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Meters:
    """The tallies of one process. Thread-safe.

    `calls` has the seconds of each call by its method and code, from when a thread takes it up;
    `statements` those of each statement by its kind, `read` or `write`; `commits` those of each commit,
    whose key is its outcome, `ok` or `failed`; and `groups` how many writes each transaction had.
    """

    def __init__(self) -> None:
        self.calls: Tally[tuple[str, str]] = Tally(SECONDS)
        self.statements: Tally[str] = Tally(SECONDS)
        self.commits: Tally[str] = Tally(SECONDS)
        self.groups: Tally[str] = Tally(GROUP_SIZES)
