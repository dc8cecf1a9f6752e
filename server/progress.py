"""How far a long command is: a bar on a terminal, a line for each tenth elsewhere."""

from __future__ import annotations

from typing import Self, TextIO

_WIDTH = 40


class Progress:
    """Shows what it is told, on a stream; a context, so that a bar which is cut short has its line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._bar = stream.isatty()
        self._shown: tuple[str, int] | None = None
        self._line_is_open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._line_is_open:
            self._stream.write("\n")

    def __call__(self, what: str, done: int, total: int) -> None:
        """Shows that `done` of `total` are done, if that is more than was shown of it before."""
        percent = min(100, 100 * done // total) if total else 100
        step = (what, percent if self._bar else percent // 10)
        if step == self._shown:
            return
        self._shown = step
        if self._bar:
            filled = _WIDTH * percent // 100
            bar = f"[{'#' * filled}{'.' * (_WIDTH - filled)}]"
            self._line_is_open = percent < 100
            end = "" if self._line_is_open else "\n"
            self._stream.write(f"\r{what} {bar} {percent:3} %{end}")
        else:
            self._stream.write(f"{what}: {percent} %\n")
        self._stream.flush()
