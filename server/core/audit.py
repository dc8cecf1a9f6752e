"""Who did what: the events of the audit log, and what of a change they hold."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal, TypeAlias

import orjson

from server.core.agent import Agent
from server.core.caller import ApiKey, Scope
from server.core.ids import InvalidId, format_id, parse_id
from server.core.json import JsonObject, JsonValue
from server.core.session import Session

Audited: TypeAlias = ApiKey | Agent | Session
"""What the changes of are recorded."""

AuditedKind: TypeAlias = Literal["key", "agent", "session"]

LARGEST_VALUE = 1024
"""The most bytes, as JSON, of a value that an event holds itself."""

_KINDS: tuple[AuditedKind, ...] = ("key", "agent", "session")


class Outcome(StrEnum):
    """How what an event tells of ended."""

    DONE = "done"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, with what, and from where. Without a key it is an operator, at a command line."""

    method: str
    key_id: bytes | None = None
    key_name: str | None = None
    request_id: str | None = None
    peer: str | None = None
    forwarded_for: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A field that changed, and its values, None where there was or is nothing."""

    field: str
    before: JsonValue
    after: JsonValue


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """What the audit log holds of a change, or of calls that were refused. Times are microseconds since 1970.

    `attempts` says of how many calls it is. One of a change names what was changed.
    """

    organization_id: bytes
    id: bytes
    created_at: int
    actor: Actor
    outcome: Outcome
    reason: str | None = None
    attempts: int = 1
    resource: tuple[AuditedKind, bytes] | None = None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which events a list holds; every condition that is set must hold.

    An event is of `created_after` or later, and before `created_before`, in microseconds since 1970.
    """

    key_id: bytes | None = None
    resource: tuple[AuditedKind, bytes] | None = None
    created_after: int | None = None
    created_before: int | None = None


def identity(audited: Audited) -> tuple[AuditedKind, bytes]:
    """The kind and the id of something."""
    if isinstance(audited, ApiKey):
        return "key", audited.id
    return ("agent" if isinstance(audited, Agent) else "session"), audited.id


def parse_resource(text: str) -> tuple[AuditedKind, bytes]:
    """The kind and the id that a public id names. Raises InvalidId."""
    for kind in _KINDS:
        if text.lower().startswith(f"{kind}_"):
            return kind, parse_id(kind, text)
    raise InvalidId("must be the id of a key, an agent or a session")


def changes(before: Audited | None, after: Audited | None) -> tuple[Change, ...]:
    """What differs between two states of something, None for that it is not there; no secrets.

    A value that is larger than LARGEST_VALUE is replaced by its size and its SHA-256.
    """
    old, new = _described(before), _described(after)
    return tuple(
        Change(field, _bounded(old.get(field)), _bounded(new.get(field)))
        for field in (old or new)
        if old.get(field) != new.get(field)
    )


def _described(audited: Audited | None) -> JsonObject:
    match audited:
        case None:
            return {}
        case ApiKey():
            return {
                "name": audited.name,
                "scopes": [scope.value for scope in Scope if scope in audited.scopes],
                "expires_at": _time(audited.expires_at),
                "revoked_at": _time(audited.revoked_at),
                "previous_expires_at": _time(audited.previous_expires_at),
            }
        case Agent():
            return {
                "name": audited.name,
                "display_name": audited.display_name,
                "description": audited.description,
                "system_prompt": audited.system_prompt,
                "default_model_id": audited.default_model_id,
                "tags": list(audited.tags),
                "capabilities": orjson.loads(audited.capabilities.text),
                "max_iterations": audited.max_iterations,
                "status": audited.status.value,
            }
        case Session():
            return {
                "agent_id": format_id("agent", audited.agent_id),
                "title": audited.title,
                "tags": list(audited.tags),
                "model_id": audited.model_id,
                "capabilities": orjson.loads(audited.capabilities.text),
                "pinned_agent_version": audited.pinned_version,
                "expires_at": _time(audited.expires_at),
            }


def _bounded(value: JsonValue) -> JsonValue:
    text = orjson.dumps(value)
    if len(text) <= LARGEST_VALUE:
        return value
    return {"bytes": len(text), "sha256": hashlib.sha256(text).hexdigest()}


def _time(microseconds: int | None) -> str | None:
    if microseconds is None:
        return None
    seconds, rest = divmod(microseconds, 1_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:06d}Z"
