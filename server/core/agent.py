"""An agent, and what a list of agents may be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from server.core.layer import EMPTY, Layer

DEFAULT_MAX_ITERATIONS = 100


class AgentStatus(StrEnum):
    """Whether an agent can be given new sessions."""

    ACTIVE = "active"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class Agent:
    """A system prompt, a model and capabilities under a name. Times are microseconds since 1970.

    `version` is the number of the AgentVersion that it is.
    """

    organization_id: bytes
    id: bytes
    name: str
    display_name: str | None
    description: str | None
    system_prompt: str
    default_model_id: str | None
    tags: tuple[str, ...]
    capabilities: Layer
    max_iterations: int
    status: AgentStatus
    created_at: int
    updated_at: int
    version: int = 1


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """What a caller sets of an agent. `id` is None where the service chooses it."""

    name: str
    system_prompt: str
    id: bytes | None = None
    display_name: str | None = None
    description: str | None = None
    default_model_id: str | None = None
    tags: tuple[str, ...] = ()
    capabilities: Layer = EMPTY
    max_iterations: int = DEFAULT_MAX_ITERATIONS


@dataclass(frozen=True, slots=True)
class AgentFilter:
    """Which agents a list holds: those whose name, display name or description contains `search`."""

    search: str = ""
    include_archived: bool = False
