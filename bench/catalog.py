"""An operator's catalog with enough capabilities for sessions that name very many."""

from __future__ import annotations

from pathlib import Path

from bench.messages import Json

CAPABILITY_COUNTS = (0, 10, 100)
"""How many capabilities a session names; 100 is the most, what the agent has included."""

_AGENT_HAS = "current_time"


def write_catalog(directory: Path) -> Path:
    """A directory of capability files, in this directory."""
    catalog = directory / "catalog"
    catalog.mkdir()
    for ref in _refs(max(CAPABILITY_COUNTS)):
        if ref != _AGENT_HAS:
            text = f'id = "{ref}"\nname = "{ref}"\ndescription = "One of many."\n'
            (catalog / f"{ref}.toml").write_text(text)
    return catalog


def capabilities(count: int) -> list[Json]:
    """So many entries of a session's list, the agent's one the first of them."""
    return [{"ref": ref} for ref in _refs(count)]


def _refs(count: int) -> list[str]:
    return [_AGENT_HAS, *(f"bench_{number}" for number in range(1, count))][:count]
