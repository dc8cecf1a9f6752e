"""The application: `uvicorn bench.peers.fastapi_sqlalchemy.app:app`."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from bench.peers.fastapi_sqlalchemy import catalog, database, settings
from bench.peers.fastapi_sqlalchemy.auth import KeyCache, OrganizationId
from bench.peers.fastapi_sqlalchemy.ids import parse
from bench.peers.fastapi_sqlalchemy.models import Agent, Session, now
from bench.peers.fastapi_sqlalchemy.schemas import SessionCreate, SessionOut, SessionPage


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    loaded = settings.load()
    engine = database.engine(loaded)
    app.state.sessions = database.sessions(engine)
    app.state.keys = KeyCache(app.state.sessions, loaded.key_cache_seconds)
    yield
    await engine.dispose()


app = FastAPI(title="Sessions", lifespan=lifespan)


async def database_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.sessions() as session:
        yield session


Database = Annotated[AsyncSession, Depends(database_session)]


def resource_id(prefix: str, text: str) -> uuid.UUID:
    try:
        return parse(prefix, text)
    except ValueError as error:
        raise HTTPException(400, str(error)) from error


@app.post("/v1/sessions", status_code=201)
async def create_session(
    body: SessionCreate, response: Response, organization_id: OrganizationId, db: Database
) -> SessionOut:
    agent = await db.scalar(
        select(Agent).where(
            Agent.organization_id == organization_id, Agent.id == resource_id("agent", body.agent_id)
        )
    )
    if agent is None:
        raise HTTPException(404, "no such agent")
    if agent.archived_at is not None:
        raise HTTPException(400, "the agent is archived")
    capabilities = [entry.model_dump() for entry in body.capabilities]
    try:
        catalog.resolve((agent.capabilities, capabilities))
    except catalog.CapabilityError as error:
        raise HTTPException(400, str(error)) from error
    moment = now()
    session = Session(
        organization_id=organization_id,
        agent_id=agent.id,
        title=body.title,
        tags=list(dict.fromkeys(body.tags)),
        model_id=body.model_id,
        capabilities=capabilities,
        created_at=moment,
        updated_at=moment,
    )
    db.add(session)
    await db.commit()
    created = SessionOut.of(session, agent)
    response.headers["Location"] = f"/v1/sessions/{created.id}"
    return created


@app.get("/v1/sessions/{session_id}")
async def get_session(session_id: str, organization_id: OrganizationId, db: Database) -> SessionOut:
    session = await db.scalar(
        select(Session)
        .options(joinedload(Session.agent))
        .where(Session.organization_id == organization_id, Session.id == resource_id("session", session_id))
    )
    if session is None:
        raise HTTPException(404, "no such session")
    return SessionOut.of(session, session.agent)


@app.get("/v1/sessions")
async def list_sessions(
    organization_id: OrganizationId,
    db: Database,
    limit: Annotated[int, Query(ge=0)] = 20,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> SessionPage:
    limit = min(limit, 100)
    total = await db.scalar(
        select(func.count()).select_from(Session).where(Session.organization_id == organization_id)
    )
    page = await db.scalars(
        select(Session)
        .options(joinedload(Session.agent))
        .where(Session.organization_id == organization_id)
        .order_by(Session.created_at.desc(), Session.id.desc())
        .offset(offset)
        .limit(limit)
    )
    return SessionPage(
        data=[SessionOut.of(session, session.agent) for session in page],
        total=total or 0,
        offset=offset,
        limit=limit,
    )
