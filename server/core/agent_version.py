"""Versions of an agent: what it was from one change to the next, and what differs between two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import orjson

from server.core.agent import Agent
from server.core.effective_config import pointer
from server.core.json import JsonValue
from server.core.layer import Layer, Mode


@dataclass(frozen=True, slots=True)
class AgentVersion:
    """What a caller had set of an agent at a time, in microseconds since 1970. `number` counts from 1."""

    organization_id: bytes
    agent_id: bytes
    number: int
    name: str
    display_name: str | None
    description: str | None
    system_prompt: str
    default_model_id: str | None
    tags: tuple[str, ...]
    capabilities: Layer
    max_iterations: int
    created_at: int


@dataclass(frozen=True, slots=True)
class AgentChange:
    """A value that differs, None where there is none.

    `path` is a JSON Pointer (RFC 6901) into a version whose capabilities are by their id; `/capabilities`
    itself stands for their ids in order.
    """

    path: str
    old: JsonValue
    new: JsonValue


def version_of(agent: Agent) -> AgentVersion:
    """The version that an agent is."""
    return AgentVersion(
        organization_id=agent.organization_id,
        agent_id=agent.id,
        number=agent.version,
        name=agent.name,
        display_name=agent.display_name,
        description=agent.description,
        system_prompt=agent.system_prompt,
        default_model_id=agent.default_model_id,
        tags=agent.tags,
        capabilities=agent.capabilities,
        max_iterations=agent.max_iterations,
        created_at=agent.updated_at,
    )


def succeed(before: Agent, after: Agent) -> Agent:
    """What becomes of an agent by a change: of the next version if anything is another value than before."""
    as_before = replace(version_of(after), number=before.version, created_at=before.updated_at)
    return replace(after, version=before.version + (as_before != version_of(before)))


def at_version(agent: Agent, version: AgentVersion) -> Agent:
    """An agent with everything that a caller may set as it was in a version of it."""
    return replace(
        agent,
        version=version.number,
        name=version.name,
        display_name=version.display_name,
        description=version.description,
        system_prompt=version.system_prompt,
        default_model_id=version.default_model_id,
        tags=version.tags,
        capabilities=version.capabilities,
        max_iterations=version.max_iterations,
    )


def diff(old: AgentVersion, new: AgentVersion) -> list[AgentChange]:
    """What differs, sorted by path; nothing exactly when all that a caller may set is equal."""
    before, after = dict(_leaves(old)), dict(_leaves(new))
    return [
        AgentChange(path, before.get(path), after.get(path))
        for path in sorted(before.keys() | after.keys())
        # As texts, since to Python 1 is both true and 1.0.
        if _text(before, path) != _text(after, path)
    ]


def _text(leaves: dict[str, JsonValue], path: str) -> bytes | None:
    return orjson.dumps(leaves[path]) if path in leaves else None


def _leaves(version: AgentVersion) -> Iterator[tuple[str, JsonValue]]:
    """The values of a version that have no values within, by path. A list is one value."""
    yield "/name", version.name
    yield "/display_name", version.display_name
    yield "/description", version.description
    yield "/system_prompt", version.system_prompt
    yield "/default_model_id", version.default_model_id
    yield "/max_iterations", version.max_iterations
    yield "/tags", [*version.tags]
    yield "/capabilities", [entry.ref for entry in version.capabilities.entries]
    for entry in version.capabilities.entries:
        here = ("capabilities", entry.ref)
        if entry.config is not None:
            yield from _within((*here, "config"), entry.config)
        if entry.locked:
            yield pointer((*here, "locked")), [*entry.locked]
        if entry.mode is not Mode.INCLUDE:
            yield pointer((*here, "mode")), entry.mode.value


def _within(path: tuple[str, ...], value: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    if isinstance(value, dict) and value:
        for key, child in value.items():
            yield from _within((*path, key), child)
    else:
        yield pointer(path), value
