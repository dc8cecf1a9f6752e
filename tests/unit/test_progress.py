"""Progress is a bar on a terminal, and a few lines elsewhere."""

from __future__ import annotations

import io

from server.progress import Progress


class Terminal(io.StringIO):
    """A stream that people look at."""

    def isatty(self) -> bool:
        return True


def test_lines_elsewhere() -> None:
    stream = io.StringIO()
    with Progress(stream) as progress:
        for done in range(1, 1001):
            progress("copying", done, 1000)
        progress("verifying", 1, 2)
        progress("verifying", 2, 2)
    lines = stream.getvalue().splitlines()
    assert lines == [f"copying: {percent} %" for percent in (0, *range(10, 101, 10))] + [
        "verifying: 50 %",
        "verifying: 100 %",
    ]


def test_a_bar_on_a_terminal() -> None:
    stream = Terminal()
    with Progress(stream) as progress:
        for done in range(1, 1001):
            progress("copying", done, 1000)
    shown = stream.getvalue().split("\r")
    assert len(shown) == 1 + 101
    assert shown[51] == f"copying [{'#' * 20}{'.' * 20}]  50 %"
    assert shown[-1] == f"copying [{'#' * 40}] 100 %\n"


def test_a_bar_that_is_cut_short_has_its_line() -> None:
    stream = Terminal()
    with Progress(stream) as progress:
        progress("copying", 1, 3)
    assert stream.getvalue().endswith("  33 %\n")


def test_nothing_to_do_and_more_than_there_was() -> None:
    stream = io.StringIO()
    with Progress(stream) as progress:
        progress("copying", 0, 0)
        progress("verifying", 3, 2)
    assert stream.getvalue() == "copying: 100 %\nverifying: 100 %\n"
