"""The machine and the versions that figures were made with."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
from importlib import metadata
from pathlib import Path

from bench.processes import Cores

PACKAGES = (
    "grpcio",
    "protobuf",
    "peewee",
    "starlette",
    "uvicorn",
    "uvloop",
    "fastapi",
    "sqlalchemy",
    "pydantic",
)


def cores() -> Cores | None:
    """The first core that this process may use for servers, the second for load; none with fewer than two."""
    usable = sorted(os.sched_getaffinity(0))
    return Cores(frozenset(usable[:1]), frozenset(usable[1:2])) if len(usable) >= 2 else None


def describe() -> dict[str, str]:
    """What a reader must know to judge the figures, by name."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cpu": _cpu(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{memory / 2**30:.1f} GiB",
        "kernel": platform.release(),
        "file system": _file_system(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "h2load": _said("h2load", "--version").split("/")[-1],
        "wrk": _said("wrk", "--version").partition(" [")[0].removeprefix("wrk "),
        **{package: metadata.version(package) for package in PACKAGES},
    }


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _file_system() -> str:
    return _said("stat", "--file-system", "--format=%T", str(Path.cwd()))


def _said(*argv: str) -> str:
    done = subprocess.run(argv, capture_output=True, text=True)
    return (done.stdout.splitlines() or ["unknown"])[0]
