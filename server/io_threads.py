"""gRPC's own threads, which read from and write to connections.

On one core they and the threads that answer calls take the time from each other. The system gives it to
whoever has just been woken, which is always those that read: so each message that comes interrupts an answer,
and where far more comes than can be answered, most of the time goes into reading and refusing. When they give
way, what is there is answered first, and what waits is read in one go; more than can be done waits with
whoever sends it.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

NICENESS = 10
"""How far they give way: a step is a fifth less of the time that several threads want at once (`nice`)."""

_NAMES = frozenset({"event_engine", "lifeguard"})


def give_way() -> None:
    """Has gRPC's threads, and those that they will start, give way to the others of this process where all
    of them keep to one core; elsewhere there is nothing to give way to."""
    if len(os.sched_getaffinity(0)) > 1:
        return
    niceness = os.getpriority(os.PRIO_PROCESS, 0) + NICENESS
    for task in Path("/proc/self/task").iterdir():
        # One may end meanwhile.
        with contextlib.suppress(OSError):
            if (task / "comm").read_text().strip() in _NAMES:
                os.setpriority(os.PRIO_PROCESS, int(task.name), niceness)
