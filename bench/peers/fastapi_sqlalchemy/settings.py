"""Settings of the peer, read from the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """`database_url` is a SQLAlchemy URL of an async driver: `sqlite+aiosqlite:///…`, `postgresql+asyncpg://…`."""

    database_url: str
    pool_size: int
    key_cache_seconds: float = 60.0


def load() -> Settings:
    """Raises `KeyError` without `PEER_DATABASE_URL`. `PEER_POOL_SIZE` is per process."""
    return Settings(
        database_url=os.environ["PEER_DATABASE_URL"],
        pool_size=int(os.environ.get("PEER_POOL_SIZE", "5")),
    )
