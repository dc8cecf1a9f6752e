"""Who calls: an API key's SHA-256 is looked up, and remembered for a minute."""

from __future__ import annotations

import hashlib
import time
import uuid
from typing import Annotated

from fastapi import Depends, Header, HTTPException, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from bench.peers.fastapi_sqlalchemy.models import ApiKey


class KeyCache:
    """Organizations by the hash of a key. For one event loop."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], seconds: float) -> None:
        self._sessions = sessions
        self._seconds = seconds
        self._known: dict[bytes, tuple[uuid.UUID, float]] = {}

    async def organization(self, key: str) -> uuid.UUID | None:
        """The organization of a key, or `None` for a key that there is not."""
        digest = hashlib.sha256(key.encode()).digest()
        hit = self._known.get(digest)
        if hit is not None and hit[1] > time.monotonic():
            return hit[0]
        async with self._sessions() as session:
            found = await session.scalar(select(ApiKey.organization_id).where(ApiKey.sha256 == digest))
        if found is not None:
            self._known[digest] = (found, time.monotonic() + self._seconds)
        return found


async def organization(request: Request, authorization: Annotated[str | None, Header()] = None) -> uuid.UUID:
    """Raises 401 for a key that is missing or not known."""
    key = (authorization or "").removeprefix("Bearer ")
    cache: KeyCache = request.app.state.keys
    found = await cache.organization(key)
    if found is None:
        raise HTTPException(401, "unknown API key")
    return found


OrganizationId = Annotated[uuid.UUID, Depends(organization)]
