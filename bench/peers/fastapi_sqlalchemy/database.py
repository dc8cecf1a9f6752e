"""The engine: one per process, durable at every commit."""

from __future__ import annotations

from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bench.peers.fastapi_sqlalchemy.settings import Settings


def engine(settings: Settings) -> AsyncEngine:
    """An engine whose commits are on disk when they return: `synchronous=FULL`, `synchronous_commit=on`."""
    sqlite = settings.database_url.startswith("sqlite")
    made = create_async_engine(
        settings.database_url,
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=60,
        connect_args={"timeout": 60} if sqlite else {"server_settings": {"synchronous_commit": "on"}},
    )
    if sqlite:
        event.listen(made.sync_engine, "connect", set_pragmas)
    return made


def set_pragmas(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    """Runs on each new SQLite connection."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def sessions(made: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Makes sessions whose objects stay readable after the commit, so that answering reads nothing again."""
    return async_sessionmaker(made, expire_on_commit=False)
