"""Makes the tables, an organization, its key and the agent.

`python -m bench.peers.fastapi_sqlalchemy.seed KEY AGENT_ID`
"""

from __future__ import annotations

import asyncio
import hashlib
import sys

from bench.peers.fastapi_sqlalchemy import database, settings
from bench.peers.fastapi_sqlalchemy.ids import new_uuid, parse
from bench.peers.fastapi_sqlalchemy.models import Agent, ApiKey, Base, Organization


async def seed(key: str, agent_id: str) -> None:
    """For an empty database. The agent has the capability `current_time`, as the service's own seed has."""
    engine = database.engine(settings.load())
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    organization = Organization(id=new_uuid(), name="Development")
    async with database.sessions(engine)() as session:
        session.add(organization)
        await session.flush()
        session.add_all(
            [
                ApiKey(organization_id=organization.id, sha256=hashlib.sha256(key.encode()).digest()),
                Agent(
                    id=parse("agent", agent_id),
                    organization_id=organization.id,
                    name="assistant",
                    system_prompt="You are a helpful assistant.",
                    capabilities=[{"ref": "current_time", "config": None}],
                ),
            ]
        )
        await session.commit()
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(seed(sys.argv[1], sys.argv[2]))
