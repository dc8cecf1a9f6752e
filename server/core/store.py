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

from typing import Protocol

from server.core.agent_store import Agents, AgentVersions, Environments
from server.core.bulk_store import BulkSessions
from server.core.event_store import Audit, SessionEvents
from server.core.key_store import Keys
from server.core.session_store import Sessions
from server.core.turn_store import Turns


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
