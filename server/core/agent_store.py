"""What a store promises of agents; `core.store` says what is true of every method."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from server.core.agent import Agent, AgentFilter
from server.core.agent_version import AgentVersion
from server.core.audit import Actor
from server.core.once import Once, Replay
from server.core.page import Page, PageRequest


class Agents(Protocol):
    """The agents of all organizations.

    Whatever changes one makes its next version, in the same transaction, if `core.agent_version.succeed`
    says so.
    """

    def get(self, organization_id: bytes, id: bytes) -> Agent | None:
        """The agent, archived or not."""

    def find(self, organization_id: bytes, name: str) -> Agent | None:
        """The active agent of a name."""

    def list(self, organization_id: bytes, filter: AgentFilter, page: PageRequest) -> Page[Agent]:
        """A page of the agents that the filter lets through, the newest first (created_at, then id)."""

    def create(
        self, agent: Agent, once: Once[Agent] | None, deadline: float, actor: Actor | None = None
    ) -> Agent | Replay:
        """Keeps a new agent.

        Raises AGENT_ALREADY_EXISTS when its id is taken, or its name by an active agent;
        IDEMPOTENCY_KEY_REUSED when `once` came with another fingerprint within the window.
        """

    def apply(
        self,
        organization_id: bytes,
        id: bytes | None,
        name: str,
        change: Callable[[Agent | None], Agent],
        once: Once[Agent] | None,
        deadline: float,
        actor: Actor | None = None,
    ) -> Agent | Replay:
        """Keeps what `change` makes of the agent of this id, or without one of the active one of this
        name, or of None when there is none; answers it.

        `change` runs inside the transaction, and again if that has to be repeated; what it raises
        comes out and nothing is written. Raises as `create`.
        """

    def update(
        self,
        organization_id: bytes,
        id: bytes,
        change: Callable[[Agent], Agent],
        deadline: float,
        actor: Actor | None = None,
    ) -> Agent | None:
        """Keeps what `change` makes of an agent, and answers it; None when there is none.

        `change` as in `apply`. Raises AGENT_ALREADY_EXISTS when the new name is taken.
        """


class AgentVersions(Protocol):
    """The versions of all agents. There is no changing them."""

    def get(self, organization_id: bytes, agent_id: bytes, number: int) -> AgentVersion | None:
        """The version of an agent, archived or not."""

    def list(self, organization_id: bytes, agent_id: bytes, page: PageRequest) -> Page[AgentVersion]:
        """A page of the versions of an agent, the newest first; empty where there is no such agent."""


class Environments(Protocol):
    """What servers had that sessions ran with; of no organization."""

    def keep(self, id: int, text: str) -> None:
        """Keeps the text of an environment, which may be there already."""

    def get(self, id: int) -> str | None:
        """The text of an environment."""
