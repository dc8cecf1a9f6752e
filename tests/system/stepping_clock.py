"""`python -m tests.system.stepping_clock FILE`: the server, its clock off by the seconds in a file."""

from __future__ import annotations

import sys
import time
from pathlib import Path


def step_with(file: Path) -> None:
    """Has this process's clock go by the file from now on. Whoever has it already keeps the true one."""
    true = time.time_ns

    def stepped_ns() -> int:
        return true() + int(file.read_text()) * 1_000_000_000

    time.time_ns = stepped_ns
    time.time = lambda: stepped_ns() / 1e9


if __name__ == "__main__":
    step_with(Path(sys.argv[1]))
    # Not before, for some take the clock when they are imported.
    from server.__main__ import main

    sys.exit(main(["serve"]))
