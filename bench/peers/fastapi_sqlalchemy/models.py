"""Tables: organizations, API keys, agents, sessions."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from pydantic import JsonValue
from sqlalchemy import JSON, DateTime, Dialect, ForeignKey, Index, LargeBinary, String, TypeDecorator, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from bench.peers.fastapi_sqlalchemy.ids import new_uuid

Json = JSON().with_variant(JSONB(), "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """A time with its zone, also on SQLite, which keeps none."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


def now() -> datetime:
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """Every table has a UUID as its key and the time it was made."""

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_uuid)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class Organization(Base):
    __tablename__ = "organizations"

    name: Mapped[str] = mapped_column(String(255))


class ApiKey(Base):
    __tablename__ = "api_keys"

    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"))
    sha256: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)


class Agent(Base):
    __tablename__ = "agents"
    __table_args__ = (Index("agents_by_name", "organization_id", "name"),)

    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"))
    name: Mapped[str] = mapped_column(String(2048))
    system_prompt: Mapped[str]
    default_model_id: Mapped[str | None] = mapped_column(String(128))
    capabilities: Mapped[list[dict[str, JsonValue]]] = mapped_column(Json, default=list)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Session(Base):
    __tablename__ = "sessions"
    __table_args__ = (Index("sessions_newest", "organization_id", "created_at", "id"),)

    organization_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organizations.id"))
    agent_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agents.id"), index=True)
    title: Mapped[str | None] = mapped_column(String(500))
    tags: Mapped[list[str]] = mapped_column(Json, default=list)
    model_id: Mapped[str | None] = mapped_column(String(128))
    capabilities: Mapped[list[dict[str, JsonValue]]] = mapped_column(Json, default=list)
    status: Mapped[str] = mapped_column(String(16), default="started")
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, onupdate=now)

    agent: Mapped[Agent] = relationship(lazy="raise")
