"""What a store promises. Use cases are handed one; they never know which.

Promises of every method, in every backend:

* Durable: a write that returned is on disk, and survives the death of the process and the machine.
* Read your writes: a read that begins after a write returned sees it, from any thread and process.
* Atomic: a write happens whole or not at all, with its counts and its idempotency record.
* Isolated: everything is within the organization given; another's is not there.
* Thread-safe: any method from any thread.
* A write takes a deadline, in seconds of `time.monotonic()`: one that has passed before the write
  began raises ServiceError DEADLINE_EXCEEDED and nothing is written. Infinity for none.

Any method raises ServiceError STORE_UNAVAILABLE when the database cannot be reached or is locked, and
a write QUEUE_FULL when too many wait already. Errors of a database driver never come out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from server.core.agent import Agent, AgentFilter
from server.core.caller import ApiKey, KeyUse, Organization
from server.core.layer import Layer
from server.core.page import Page, PageRequest
from server.core.session import Session, SessionFilter

T = TypeVar("T")

IDEMPOTENCY_WINDOW = 24 * 3600 * 1_000_000
"""How long an answer is kept for a repeated request, in microseconds."""


@dataclass(frozen=True, slots=True)
class Once(Generic[T]):
    """Makes a write happen once for a key.

    `method` and `key` name the request within its organization; `fingerprint` is the SHA-256 of its
    content; `answer` encodes what is kept for a repeat; `now` is when it came, in microseconds.
    """

    method: str
    key: str
    fingerprint: bytes
    answer: Callable[[T], bytes]
    now: int


@dataclass(frozen=True, slots=True)
class Replay:
    """In place of a result: the request was answered before, with this."""

    answer: bytes


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session and the capabilities of its agent, as one read found them."""

    session: Session
    agent_capabilities: Layer


class Keys(Protocol):
    """Organizations, and the keys that open them."""

    def create_organization(self, organization: Organization) -> Organization:
        """Keeps an organization, and answers it; the one of the same name if there is one already."""

    def find_organization(self, name: str) -> Organization | None:
        """The organization of a name."""

    def create(self, key: ApiKey, deadline: float = math.inf) -> None:
        """Keeps a key."""

    def find(self, sha256: bytes) -> ApiKey | None:
        """The key whose secret, or the one before its rotation, has this digest; expired and revoked
        ones too."""

    def get(self, organization_id: bytes, id: bytes) -> ApiKey | None:
        """The key, expired and revoked ones too."""

    def list(self, organization_id: bytes, include_revoked: bool, page: PageRequest) -> Page[ApiKey]:
        """A page of the keys, the newest first (by id, which begins with the time)."""

    def update(
        self, organization_id: bytes, id: bytes, change: Callable[[ApiKey], ApiKey], deadline: float
    ) -> ApiKey | None:
        """Keeps what `change` makes of a key, and answers it; None when there is none.

        `change` runs inside the transaction, and again if that has to be repeated; what it raises
        comes out and nothing is written.
        """

    def note_uses(self, uses: Sequence[KeyUse], deadline: float) -> None:
        """Keeps when keys were used, where that is later than what is kept."""


class Agents(Protocol):
    """The agents of all organizations."""

    def get(self, organization_id: bytes, id: bytes) -> Agent | None:
        """The agent, archived or not."""

    def find(self, organization_id: bytes, name: str) -> Agent | None:
        """The active agent of a name."""

    def list(self, organization_id: bytes, filter: AgentFilter, page: PageRequest) -> Page[Agent]:
        """A page of the agents that the filter lets through, the newest first (created_at, then id)."""

    def create(self, agent: Agent, once: Once[Agent] | None, deadline: float) -> Agent | Replay:
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
    ) -> Agent | Replay:
        """Keeps what `change` makes of the agent of this id, or without one of the active one of this
        name, or of None when there is none; answers it.

        `change` runs inside the transaction, and again if that has to be repeated; what it raises
        comes out and nothing is written. Raises as `create`.
        """

    def update(
        self, organization_id: bytes, id: bytes, change: Callable[[Agent], Agent], deadline: float
    ) -> Agent | None:
        """Keeps what `change` makes of an agent, and answers it; None when there is none.

        `change` as in `apply`. Raises AGENT_ALREADY_EXISTS when the new name is taken.
        """


class Sessions(Protocol):
    """The sessions of all organizations."""

    def get(self, organization_id: bytes, id: bytes) -> SessionRow | None:
        """The session."""

    def list(self, organization_id: bytes, filter: SessionFilter, page: PageRequest) -> Page[SessionRow]:
        """A page of the sessions that the filter lets through, the newest first (created_at, then id).

        The same filter makes the rows and the total.
        """

    def create(
        self,
        organization_id: bytes,
        agent: bytes | str,
        make: Callable[[Agent | None], Session],
        once: Once[SessionRow] | None,
        deadline: float,
    ) -> SessionRow | Replay:
        """Keeps what `make` makes of the agent of this id, or of the active one of this name, or of None
        when there is none; answers it.

        `make` runs inside the transaction, and again if that has to be repeated; what it raises comes
        out and nothing is written. The session must be of the agent that it is handed. Raises
        IDEMPOTENCY_KEY_REUSED when `once` came with another fingerprint within the window.
        """

    def update(
        self,
        organization_id: bytes,
        id: bytes,
        change: Callable[[SessionRow], Session],
        deadline: float,
    ) -> SessionRow | None:
        """Keeps what `change` makes of a session, and answers it; None when there is none.

        `change` runs inside the transaction, and again if that has to be repeated; what it raises
        comes out and nothing is written.
        """

    def delete(self, organization_id: bytes, id: bytes, deadline: float) -> bool:
        """Removes a session; whether there was one."""


class Store(Protocol):
    """Keeps organizations, keys, agents and sessions."""

    @property
    def keys(self) -> Keys:
        """Organizations and keys."""

    @property
    def agents(self) -> Agents:
        """Agents."""

    @property
    def sessions(self) -> Sessions:
        """Sessions."""

    def shared_secret(self, name: str) -> bytes:
        """32 random bytes that all processes on this database share under a name; made when first asked
        for."""

    def is_healthy(self) -> bool:
        """Whether reads and writes can be expected to work; asks the database."""

    def close(self) -> None:
        """Finishes the writes that wait, refuses new ones, and closes every connection."""
