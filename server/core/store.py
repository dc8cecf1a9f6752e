"""What a store promises. Use cases are handed one; they never know which.

Promises of every method, in every backend:

* Durable: a write that returned is on disk, and survives the death of the process and the machine.
* Read your writes: a read that begins after a write returned sees it, from any thread and process.
* Atomic: a write happens whole or not at all, with its counts and its idempotency record.
* Isolated: everything is within the organization given; another's is not there.
* Thread-safe: any method from any thread.
* A write that is told the actor of a change keeps an event of it in the audit log, whole or not at all with
  the change; None is for what is no one's doing, and what changes nothing has no event.
* A write takes a deadline, in seconds of `time.monotonic()`: one that has passed before the write
  began raises ServiceError DEADLINE_EXCEEDED and nothing is written. Infinity for none.

Any method raises ServiceError STORE_UNAVAILABLE when the database cannot be reached or is locked, and
a write QUEUE_FULL when too many wait already, or CONCURRENT_CHANGE when it lost a race again and again. One
that makes an agent active, a key or a session raises QUOTA_EXCEEDED where the organization has as many as it
may: of those that come at once exactly so many get in.
Errors of a database driver never come out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from server.core.agent import Agent, AgentFilter
from server.core.agent_version import AgentVersion
from server.core.audit import Actor, AuditEvent, AuditFilter
from server.core.caller import ApiKey, KeyUse, Organization
from server.core.later import Later
from server.core.layer import Layer
from server.core.page import Page, PageRequest
from server.core.session import Session, SessionFilter, SessionStatus
from server.core.session_event import Position, SessionEvent
from server.core.turn import Turn

if TYPE_CHECKING:
    from server.core.bulk_store import BulkSessions

T = TypeVar("T")

NO_KEY = bytes(16)
"""The id of no API key, which has pinned nothing."""

PURGED_TURNS = 1000
"""How many turns are removed for good in one transaction at most."""

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
    """A session, the capabilities of the version of its agent that it runs with, and whether the key that is
    asked for has pinned it, as one read found them."""

    session: Session
    agent_capabilities: Layer
    is_pinned: bool = False


@dataclass(frozen=True, slots=True)
class SessionTurn:
    """A session, and one of its turns, None where it has none."""

    session: Session
    turn: Turn | None


class Keys(Protocol):
    """Organizations, and the keys that open them."""

    def create_organization(self, organization: Organization) -> Organization:
        """Keeps an organization, and answers it; the one of the same name if there is one already."""

    def find_organization(self, name: str) -> Organization | None:
        """The organization of a name."""

    def organizations(self) -> Sequence[bytes]:
        """The ids of all organizations."""

    def create(self, key: ApiKey, deadline: float = math.inf, actor: Actor | None = None) -> None:
        """Keeps a key."""

    def find(self, sha256: bytes) -> ApiKey | None:
        """The key whose secret, or the one before its rotation, has this digest; expired and revoked
        ones too."""

    def get(self, organization_id: bytes, id: bytes) -> ApiKey | None:
        """The key, expired and revoked ones too."""

    def list(self, organization_id: bytes, include_revoked: bool, page: PageRequest) -> Page[ApiKey]:
        """A page of the keys, the newest first (by id, which begins with the time)."""

    def update(
        self,
        organization_id: bytes,
        id: bytes,
        change: Callable[[ApiKey], ApiKey],
        deadline: float,
        actor: Actor | None = None,
    ) -> ApiKey | None:
        """Keeps what `change` makes of a key, and answers it; None when there is none.

        `change` runs inside the transaction, and again if that has to be repeated; what it raises
        comes out and nothing is written.
        """

    def note_uses(self, uses: Sequence[KeyUse], deadline: float) -> None:
        """Keeps when keys were used, where that is later than what is kept."""


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


class Sessions(Protocol):
    """The sessions of all organizations. `key_id` is the API key whose pins are asked for.

    A session that was deleted, or has expired, is to every method but `undelete` and `purge` as
    one that never was, from that moment on.

    What is answered is as `core.turn.session_at` has it now. A filter by status goes by what is written down.
    """

    def get(self, organization_id: bytes, id: bytes, key_id: bytes = NO_KEY) -> SessionRow | None:
        """The session."""

    def list(
        self, organization_id: bytes, filter: SessionFilter, page: PageRequest, key_id: bytes = NO_KEY
    ) -> Page[SessionRow]:
        """A page of the sessions that the filter lets through, the newest first (created_at, then id).

        The same filter makes the rows and the total. What it takes does not grow with the sessions
        that there are when the filter has an agent, a status, both or nothing; with tags, a search or
        a time, the total is counted, and with tags or a search the rows are looked for one by one.
        """

    def counts(self, organization_id: bytes, agent_id: bytes | None) -> Mapping[SessionStatus, int]:
        """How many sessions of each status there are, of all agents or of one."""

    def create(
        self,
        organization_id: bytes,
        agent: bytes | str,
        make: Callable[[Agent | None], Session],
        once: Once[SessionRow] | None,
        deadline: float,
    ) -> Later[SessionRow | Replay]:
        """Keeps what `make` makes of the agent of this id, or of the active one of this name, or of None
        when there is none; answers it when it is on disk.

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
        key_id: bytes = NO_KEY,
        actor: Actor | None = None,
    ) -> SessionRow | None:
        """Keeps what `change` makes of a session, and answers it; None when there is none.

        `change` runs inside the transaction, and again if that has to be repeated; what it raises
        comes out and nothing is written.
        """

    def delete(self, organization_id: bytes, id: bytes, deadline: float, actor: Actor | None = None) -> bool:
        """Takes a session away, with its turns and pins; whether there was one. Its turn that runs ends."""

    def undelete(
        self,
        organization_id: bytes,
        id: bytes,
        retention: int,
        deadline: float,
        key_id: bytes = NO_KEY,
        actor: Actor | None = None,
    ) -> SessionRow | None:
        """Brings a session back that was deleted or has expired no longer than `retention` microseconds
        ago, with its turns and pins; answers it. It does not expire any more where it has.

        None when there is no such session. Raises SESSION_NOT_DELETED when it is there.
        """

    def hide_expired(self, most: int) -> int:
        """Takes away at most so many sessions that have expired, as `delete` does; how many."""

    def purge(self, retention: int, most: int) -> int:
        """Removes for good at most so many sessions, with their turns and pins, that were deleted or expired
        more than `retention` microseconds ago. Of turns it removes at most PURGED_TURNS at a time, and a
        session when it has none left. How many sessions it worked on."""

    def pin(self, organization_id: bytes, id: bytes, key_id: bytes, deadline: float) -> bool:
        """Has a key pin a session, which it may have already; whether there is such a session.

        Raises API_KEY_INVALID when the key is gone.
        """

    def unpin(self, organization_id: bytes, id: bytes, key_id: bytes, deadline: float) -> bool:
        """Takes a key's pin, if there is one, off a session; whether there is such a session."""


class Turns(Protocol):
    """The turns of all sessions, as `core.turn.turn_at` has them now."""

    def get(self, organization_id: bytes, session_id: bytes, id: bytes) -> Turn | None:
        """The turn of a session."""

    def list(self, organization_id: bytes, session_id: bytes, page: PageRequest) -> Page[Turn]:
        """A page of the turns of a session, the newest first; empty where there is no such session."""

    def change(
        self,
        organization_id: bytes,
        session_id: bytes,
        id: bytes | None,
        change: Callable[[Session, Turn | None], Turn | None],
        once: Once[Turn] | None,
        deadline: float,
    ) -> SessionTurn | Replay | None:
        """Keeps what `change` makes of the session's turn of this id, or of its last one without an id, and
        moves the session as `core.turn.session_with` says; answers both. None when there is no such session.

        `change` is handed None where there is no such turn, and a turn of another id that it makes is a new
        one. Of any number that run at once for one session each sees what the one before did. It runs inside
        the transaction, and again if that has to be repeated; what it raises comes out and nothing is
        written. Raises IDEMPOTENCY_KEY_REUSED when `once` came with another fingerprint within the window.
        """

    def end_expired(self, most: int) -> int:
        """Writes down of at most so many turns that their lease ran out, and of their sessions that they are
        idle; how many."""


class Audit(Protocol):
    """The audit log, whose events are written once and removed only by age."""

    def list(self, organization_id: bytes, filter: AuditFilter, page: PageRequest) -> Page[AuditEvent]:
        """A page of the events that the filter lets through, the newest first (by id)."""

    def add(self, events: Sequence[AuditEvent], deadline: float) -> None:
        """Keeps events that no change belongs to."""

    def prune(self, organization_id: bytes, before: int, most: int) -> int:
        """Removes at most so many of the oldest events from before a time, in microseconds; how many."""


class SessionEvents(Protocol):
    """What happened to the sessions of all organizations, in the order of its commits.

    Every change of a session is an event, kept with it in one transaction: in whichever process it was made,
    the events of an organization are numbered in the order of commits, and none is seen before one of a lower
    number.
    """

    def newest(self, organization_id: bytes) -> Position:
        """The place after the last event so far."""

    def holds(self, organization_id: bytes, position: Position) -> bool:
        """Whether all that came after a place is still kept, and the place is one of this history."""

    def after(self, organization_id: bytes, number: int, rows: int) -> list[SessionEvent]:
        """The events after a number, those of so many transactions at most."""

    def listen(self, tell: Callable[[Collection[bytes] | None], None]) -> None:
        """Calls `tell` from now on, from any thread, with organizations that may have new events, None for
        any of them: at once for those that this process makes, and within a fraction of a second for others.
        `tell` is to be quick, and never to raise."""

    def forget(self, after: bytes, most: int, older_than: int, keep: int, rows: int) -> tuple[bytes, int]:
        """Forgets, of at most so many organizations whose ids follow `after`, the events of at most `rows`
        transactions each: those of before `older_than`, and those that `keep` newer ones follow; never the
        newest. Answers where to go on, zeros for the beginning, and of how many transactions the events
        went."""


class Store(Protocol):
    """Keeps organizations, keys, agents, sessions, turns and the audit log."""

    @property
    def keys(self) -> Keys:
        """Organizations and keys."""

    @property
    def agents(self) -> Agents:
        """Agents."""

    @property
    def agent_versions(self) -> AgentVersions:
        """Versions of agents."""

    @property
    def environments(self) -> Environments:
        """What servers had."""

    @property
    def sessions(self) -> Sessions:
        """Sessions."""

    @property
    def turns(self) -> Turns:
        """Turns."""

    @property
    def bulk(self) -> BulkSessions:
        """Many sessions at once."""

    @property
    def audit(self) -> Audit:
        """The audit log."""

    @property
    def session_events(self) -> SessionEvents:
        """What happened to sessions."""

    def shared_secret(self, name: str) -> bytes:
        """32 random bytes that all processes on this database share under a name; made when first asked
        for."""

    def is_healthy(self) -> bool:
        """Whether reads and writes can be expected to work; asks the database."""

    def close(self) -> None:
        """Finishes the writes that wait, refuses new ones, and closes every connection."""
