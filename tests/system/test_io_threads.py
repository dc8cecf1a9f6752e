"""Where a process keeps to one core, gRPC's own threads give way to those that answer calls."""

from __future__ import annotations

import os
from pathlib import Path

from server.io_threads import NICENESS
from tests.system.processes import serving


def test_threads_that_read_give_way_to_those_that_answer(tmp_path: Path) -> None:
    with serving(tmp_path, EVERRUNS_PIN_CORES="on") as (process, _):
        found: dict[str, set[int]] = {}
        for task in Path(f"/proc/{process.pid}/task").iterdir():
            name = (task / "comm").read_text().strip()
            found.setdefault(name, set()).add(os.getpriority(os.PRIO_PROCESS, int(task.name)))
    of_grpc = found.pop("event_engine")
    [others] = {frozenset(values) for name, values in found.items() if name.startswith("python")}
    assert {niceness - min(others) for niceness in of_grpc} == {NICENESS}
    assert len(others) == 1
