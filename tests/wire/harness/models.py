"""An operator's table of models."""

from __future__ import annotations

from pathlib import Path

_TABLE = """
[[models]]
id = "vendor/small"
name = "Small"
provider = "vendor"
status = "deprecated"

[[models]]
id = "vendor/big:1"
name = "Big"
provider = "vendor"
description = "For much."
aliases = ["big"]
"""


def write_models(path: Path) -> Path:
    """Writes the table into a file, and answers it."""
    path.write_text(_TABLE)
    return path
