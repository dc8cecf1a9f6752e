"""An operator's catalog with what the built-in one lacks: conflicts, a taken tool name, a crowd."""

from __future__ import annotations

from pathlib import Path

MOST = 100
"""The most capabilities of a session, dependencies counted."""

_ENTRIES = {
    "day": 'conflicts_with = ["night"]',
    "night": "",
    "old": 'status = "deprecated"\nfeatures = ["nostalgia"]',
    "adder": '[[tools]]\nname = "add"\ndescription = "Adds."',
    "crowd": f"dependencies = {[f'member_{number}' for number in range(MOST)]}",
    "free_form": '[config_schema]\ntype = "object"',
    **{f"member_{number}": "" for number in range(MOST)},
}


def write_catalog(directory: Path) -> Path:
    """Writes the entries into a new directory, and answers it."""
    directory.mkdir()
    for id, rest in _ENTRIES.items():
        text = f'id = "{id}"\nname = "{id}"\ndescription = "For tests."\n{rest}\n'
        (directory / f"{id}.toml").write_text(text)
    return directory
