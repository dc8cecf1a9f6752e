"""What the disk alone asks: SQLite commits of one row, WAL and `synchronous=FULL`, one after the other.

`python -m bench.commit DIRECTORY SECONDS` prints how many it made and how long they took, as JSON.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from pathlib import Path
from statistics import median, quantiles


def commit_loop(directory: Path, seconds: float) -> dict[str, float]:
    """Commits rows of a session's size for so long. The file is on the file system that the stores use."""
    connection = sqlite3.connect(directory / "commit.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, content BLOB)")
    content = bytes(300)
    times: list[float] = []
    started = time.process_time()
    end = time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO row (content) VALUES (?)", (content,))
        connection.execute("COMMIT")
        times.append(time.perf_counter() - start)
    connection.close()
    return {
        "requests": len(times),
        "seconds": sum(times),
        "cpu_us": (time.process_time() - started) / len(times) * 1e6,
        "p50_us": median(times) * 1e6,
        "p99_us": quantiles(times, n=100)[98] * 1e6,
    }


if __name__ == "__main__":
    print(json.dumps(commit_loop(Path(sys.argv[1]), float(sys.argv[2]))))
