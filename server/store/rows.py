"""Rows, and the core's values that they are of. Columns are read in the order of these lists."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import cast

import orjson
from peewee import Field

from server.core.agent import Agent, AgentStatus
from server.core.agent_version import AgentVersion
from server.core.caller import ApiKey, Organization, Scope
from server.core.layer import Layer
from server.core.session import Session, SessionStatus
from server.core.session_store import SessionRow
from server.core.turn import Turn, TurnOutcome
from server.store import models
from server.store.statement import Bound, Row

_BETWEEN_TEXTS = "\x01"
_SESSION_STATUS = {status.value: status for status in SessionStatus}
_TURN_OUTCOME = {outcome.value: outcome for outcome in TurnOutcome}
_AGENT_STATUS = {status.value: status for status in AgentStatus}

SESSION_COLUMNS: list[Field] = [
    models.Session.organization_id,
    models.Session.id,
    models.Session.agent_id,
    models.Session.title,
    models.Session.tags,
    models.Session.model_id,
    models.Session.capabilities,
    models.Session.status,
    models.Session.created_at,
    models.Session.updated_at,
    models.Session.turn_expires_at,
    models.Session.created_version,
    models.Session.pinned_version,
    models.Session.environment,
    models.Session.expires_at,
]
TURN_COLUMNS: list[Field] = [
    models.Turn.organization_id,
    models.Turn.session_id,
    models.Turn.id,
    models.Turn.token,
    models.Turn.worker,
    models.Turn.lease,
    models.Turn.started_at,
    models.Turn.cancel_requested_at,
    models.Turn.outcome,
    models.Turn.error,
    models.Turn.ended_at,
]
AGENT_COLUMNS: list[Field] = [
    models.Agent.organization_id,
    models.Agent.id,
    models.Agent.name,
    models.Agent.display_name,
    models.Agent.description,
    models.Agent.system_prompt,
    models.Agent.default_model_id,
    models.Agent.tags,
    models.Agent.capabilities,
    models.Agent.max_iterations,
    models.Agent.status,
    models.Agent.created_at,
    models.Agent.updated_at,
    models.Agent.version,
]


def read_session(row: Row) -> SessionRow:
    """A session of SESSION_COLUMNS, the capabilities of its agent's version, and a column of its pin, null
    for none."""
    organization_id, id, agent_id, title, tags, model_id, capabilities, status, *rest = row
    created, updated, turn_expires_at, created_version, pinned_version, environment, *rest = rest
    expires_at, agent, pin = rest
    session = Session(
        cast(bytes, organization_id),
        cast(bytes, id),
        cast(bytes, agent_id),
        cast("str | None", title),
        _tags(cast(str, tags)),
        cast("str | None", model_id),
        Layer.parse(cast(str, capabilities)),
        _SESSION_STATUS[cast(str, status)],
        cast(int, created),
        cast(int, updated),
        cast("int | None", turn_expires_at),
        cast(int, created_version),
        cast("int | None", pinned_version),
        cast("int | None", environment),
        cast("int | None", expires_at),
    )
    return SessionRow(session, Layer.parse(cast(str, agent)), pin is not None)


def session_values(session: Session, key: Callable[[bytes], Bound]) -> tuple[Bound, ...]:
    """The values of the columns of models.Session, in the order of its fields."""
    return (
        key(session.organization_id),
        key(session.id),
        key(session.agent_id),
        session.title,
        None if session.title is None else folded(session.title),
        tags_text(session.tags),
        session.model_id,
        session.capabilities.text,
        session.status.value,
        session.created_at,
        session.updated_at,
        session.turn_expires_at,
        session.created_version,
        session.pinned_version,
        session.environment,
        session.expires_at,
    )


def read_turn(row: Row) -> Turn:
    """A turn of TURN_COLUMNS, and then when the lease of its session's turn runs out."""
    organization_id, session_id, id, token, worker, lease, started, cancelled, outcome, *rest = row
    error, ended, expires_at = rest
    return Turn(
        cast(bytes, organization_id),
        cast(bytes, session_id),
        cast(bytes, id),
        cast(int, token),
        cast(str, worker),
        cast(int, lease),
        cast(int, started),
        cast("int | None", expires_at) if outcome is None else None,
        cast("int | None", cancelled),
        None if outcome is None else _TURN_OUTCOME[cast(str, outcome)],
        cast("str | None", error),
        cast("int | None", ended),
    )


def turn_values(turn: Turn, key: Callable[[bytes], Bound]) -> tuple[Bound, ...]:
    """The values of the columns of models.Turn, in the order of its fields."""
    return (
        key(turn.organization_id),
        key(turn.session_id),
        key(turn.id),
        turn.token,
        turn.worker,
        turn.lease,
        turn.started_at,
        turn.cancel_requested_at,
        None if turn.outcome is None else turn.outcome.value,
        turn.error,
        turn.ended_at,
    )


def read_agent(row: Row) -> Agent:
    """An agent of AGENT_COLUMNS."""
    organization_id, id, name, display_name, description, prompt, model, tags, *rest = row
    capabilities, max_iterations, status, created, updated, version = rest
    return Agent(
        cast(bytes, organization_id),
        cast(bytes, id),
        cast(str, name),
        cast("str | None", display_name),
        cast("str | None", description),
        cast(str, prompt),
        cast("str | None", model),
        _tags(cast(str, tags)),
        Layer.parse(cast(str, capabilities)),
        cast(int, max_iterations),
        _AGENT_STATUS[cast(str, status)],
        cast(int, created),
        cast(int, updated),
        cast(int, version),
    )


def agent_values(agent: Agent, key: Callable[[bytes], Bound]) -> tuple[Bound, ...]:
    """The values of the columns of models.Agent, in the order of its fields."""
    searched = [agent.name, agent.display_name or "", agent.description or ""]
    search_text = _BETWEEN_TEXTS.join(map(folded, searched))
    return (
        key(agent.organization_id),
        key(agent.id),
        agent.name,
        agent.name if agent.status is AgentStatus.ACTIVE else None,
        agent.display_name,
        agent.description,
        agent.system_prompt,
        agent.default_model_id,
        tags_text(agent.tags),
        agent.capabilities.text,
        agent.max_iterations,
        agent.status.value,
        search_text,
        agent.created_at,
        agent.updated_at,
        agent.version,
    )


def read_agent_version(row: Row) -> AgentVersion:
    """A version of all columns of models.AgentVersion, in the order of its fields."""
    organization_id, agent_id, number, name, display_name, description, prompt, model, *rest = row
    tags, capabilities, max_iterations, created = rest
    return AgentVersion(
        cast(bytes, organization_id),
        cast(bytes, agent_id),
        cast(int, number),
        cast(str, name),
        cast("str | None", display_name),
        cast("str | None", description),
        cast(str, prompt),
        cast("str | None", model),
        _tags(cast(str, tags)),
        Layer.parse(cast(str, capabilities)),
        cast(int, max_iterations),
        cast(int, created),
    )


def agent_version_values(version: AgentVersion, key: Callable[[bytes], Bound]) -> tuple[Bound, ...]:
    """The values of the columns of models.AgentVersion, in the order of its fields."""
    return (
        key(version.organization_id),
        key(version.agent_id),
        version.number,
        version.name,
        version.display_name,
        version.description,
        version.system_prompt,
        version.default_model_id,
        tags_text(version.tags),
        version.capabilities.text,
        version.max_iterations,
        version.created_at,
    )


def read_organization(row: Row) -> Organization:
    """An organization of id, name, created_at."""
    id, name, created_at = row
    return Organization(cast(bytes, id), cast(str, name), cast(int, created_at))


def read_api_key(row: Row) -> ApiKey:
    """A key of all columns of models.ApiKey, in the order of its fields."""
    organization_id, id, name, sha256, scopes, created_at, expires_at, *later = row
    last_used_at, revoked_at, previous_sha256, previous_expires_at = later
    return ApiKey(
        cast(bytes, organization_id),
        cast(bytes, id),
        cast(str, name),
        cast(bytes, sha256),
        frozenset(Scope(scope) for scope in cast(str, scopes).split()),
        cast(int, created_at),
        cast("int | None", expires_at),
        cast("int | None", last_used_at),
        cast("int | None", revoked_at),
        cast("bytes | None", previous_sha256),
        cast("int | None", previous_expires_at),
    )


def api_key_values(api_key: ApiKey, key: Callable[[bytes], Bound]) -> tuple[Bound, ...]:
    """The values of the columns of models.ApiKey, in the order of its fields."""
    return (
        key(api_key.organization_id),
        key(api_key.id),
        api_key.name,
        api_key.sha256,
        " ".join(sorted(api_key.scopes)),
        api_key.created_at,
        api_key.expires_at,
        api_key.last_used_at,
        api_key.revoked_at,
        api_key.previous_sha256,
        api_key.previous_expires_at,
    )


def folded(text: str) -> str:
    """A text as it is searched, and searched for: in no case, and never through `_BETWEEN_TEXTS`."""
    return text.casefold().replace(_BETWEEN_TEXTS, "\x02")


def tags_text(tags: tuple[str, ...]) -> str:
    """Tags as they are kept, a JSON list."""
    return orjson.dumps(tags).decode() if tags else "[]"


@lru_cache(maxsize=1024)
def _tags(text: str) -> tuple[str, ...]:
    return tuple(orjson.loads(text))
