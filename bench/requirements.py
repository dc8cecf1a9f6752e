"""What must be installed before anything is measured."""

from __future__ import annotations

import re
import shutil
from importlib import metadata
from pathlib import Path

PROGRAMS = {"h2load": "nghttp2-client", "wrk": "wrk", "taskset": "util-linux"}
"""Programs, and the Debian packages that have them."""

INSTALL = "python -m pip install --require-hashes -r bench/requirements.txt"

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")
_FILE = Path(__file__).with_name("requirements.in")


def missing() -> str | None:
    """One line that says what is missing and how to install it; none when nothing is."""
    programs = [program for program in PROGRAMS if shutil.which(program) is None]
    if programs:
        packages = " ".join(PROGRAMS[program] for program in programs)
        return f"{', '.join(programs)} missing: apt-get install {packages}"
    modules = [name for name in _packages() if not _installed(name)]
    if modules:
        return f"{', '.join(modules)} missing: {INSTALL}"
    return None


def _packages() -> list[str]:
    """The packages that requirements.in names."""
    return [found[0] for line in _FILE.read_text().splitlines() if (found := _NAME.match(line))]


def _installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True
