"""What makes a repeated request recognizable, and how its first answer is kept."""

from __future__ import annotations

import hashlib

import orjson

from server.core.agent import Agent, AgentStatus
from server.core.layer import Layer
from server.core.session import Session, SessionStatus, SessionView

Part = None | str | int | bytes | Layer | tuple[str, ...]


def fingerprint(*parts: Part) -> bytes:
    """The SHA-256 of a request's content; equal for equal parts in the same order."""
    return hashlib.sha256(orjson.dumps([_plain(part) for part in parts])).digest()


def encode_session(view: SessionView) -> bytes:
    """A session as it was answered."""
    s = view.session
    fixed = [s.organization_id.hex(), s.id.hex(), s.agent_id.hex(), s.title, s.tags, s.model_id]
    rest = [s.capabilities.text, s.status, s.created_at, s.updated_at, view.features]
    return orjson.dumps([*fixed, *rest, s.created_version, s.pinned_version])


def decode_session(answer: bytes) -> SessionView:
    """What `encode_session` was given."""
    organization_id, id, agent_id, title, tags, model_id, layer, status, *rest = orjson.loads(answer)
    # An answer of before there were versions has none.
    created, updated, features, created_version, pinned_version = (*rest, 1, None)[:5]
    session = Session(
        bytes.fromhex(organization_id),
        bytes.fromhex(id),
        bytes.fromhex(agent_id),
        title,
        tuple(tags),
        model_id,
        Layer.parse(layer),
        SessionStatus(status),
        created,
        updated,
        created_version=created_version,
        pinned_version=pinned_version,
    )
    return SessionView(session, tuple(features))


def encode_agent(agent: Agent) -> bytes:
    """An agent as it was answered."""
    named = [agent.name, agent.display_name, agent.description, agent.system_prompt]
    settings = [agent.default_model_id, agent.tags, agent.capabilities.text, agent.max_iterations]
    rest = [agent.status, agent.created_at, agent.updated_at, agent.version]
    return orjson.dumps([agent.organization_id.hex(), agent.id.hex(), *named, *settings, *rest])


def decode_agent(answer: bytes) -> Agent:
    """What `encode_agent` was given."""
    organization_id, id, name, display_name, description, prompt, *rest = orjson.loads(answer)
    # An answer of before there were versions has none.
    model, tags, layer, max_iterations, status, created, updated, version = (*rest, 1)[:8]
    return Agent(
        bytes.fromhex(organization_id),
        bytes.fromhex(id),
        name,
        display_name,
        description,
        prompt,
        model,
        tuple(tags),
        Layer.parse(layer),
        max_iterations,
        AgentStatus(status),
        created,
        updated,
        version,
    )


def _plain(part: Part) -> str | int | tuple[str, ...] | None:
    if isinstance(part, Layer):
        return part.text
    return part.hex() if isinstance(part, bytes) else part
