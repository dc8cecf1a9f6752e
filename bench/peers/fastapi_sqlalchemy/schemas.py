"""What comes in and goes out as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from bench.peers.fastapi_sqlalchemy import catalog
from bench.peers.fastapi_sqlalchemy.ids import render
from bench.peers.fastapi_sqlalchemy.models import Agent, Session

HARNESS_ID = "harness_00000000000000000000000000000001"


class CapabilityConfig(BaseModel):
    model_config = ConfigDict(extra="forbid")

    ref: Annotated[str, Field(pattern=r"^[a-z0-9_.:-]{1,100}$")]
    config: dict[str, JsonValue] | None = None


class SessionCreate(BaseModel):
    model_config = ConfigDict(extra="forbid")

    agent_id: str
    title: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    tags: Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=50)] = []
    model_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:/@-]{1,128}$")] | None = None
    capabilities: Annotated[list[CapabilityConfig], Field(max_length=100)] = []


class SessionOut(BaseModel):
    id: str
    organization_id: str
    agent_id: str
    title: str | None
    tags: list[str]
    model_id: str | None
    capabilities: list[CapabilityConfig]
    status: str
    features: list[str]
    harness_id: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, session: Session, agent: Agent) -> SessionOut:
        """The answer for a session of this agent; features are computed here."""
        return cls(
            id=render("session", session.id),
            organization_id=render("org", session.organization_id),
            agent_id=render("agent", session.agent_id),
            title=session.title,
            tags=session.tags,
            model_id=session.model_id,
            capabilities=[CapabilityConfig.model_validate(entry) for entry in session.capabilities],
            status=session.status,
            features=catalog.features((agent.capabilities, session.capabilities)),
            harness_id=HARNESS_ID,
            created_at=session.created_at,
            updated_at=session.updated_at,
        )


class SessionPage(BaseModel):
    data: list[SessionOut]
    total: int
    offset: int
    limit: int
