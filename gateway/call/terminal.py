"""What a command reads from and writes to."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Terminal:
    """The streams of a command."""

    stdin: BinaryIO
    stdout: BinaryIO
    stderr: BinaryIO

    @classmethod
    def of_process(cls) -> Terminal:
        """Returns the streams of this process."""
        return cls(sys.stdin.buffer, sys.stdout.buffer, sys.stderr.buffer)

    def read(self, argument: str) -> bytes:
        """Returns what an argument says: stdin for `-`, a file for `@FILE`, else itself. Raises OSError."""
        if argument == "-":
            return self.stdin.read()
        return Path(argument[1:]).read_bytes() if argument.startswith("@") else os.fsencode(argument)

    def answer(self, content: bytes) -> None:
        """Writes to stdout at once. Raises BrokenPipeError where nobody reads it."""
        self.stdout.write(content)
        self.stdout.flush()

    def say(self, text: str) -> None:
        """Writes a line to stderr; a character that a terminal could act on is shown by its number."""
        shown = "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)
        self.stderr.write(f"{shown}\n".encode(errors="replace"))
        self.stderr.flush()
