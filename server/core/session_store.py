"""What a store promises of sessions; `core.store` says what is true of every method."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from server.core.agent import Agent
from server.core.audit import Actor
from server.core.later import Later
from server.core.layer import Layer
from server.core.once import Once, Replay
from server.core.page import Page, PageRequest
from server.core.session import Session, SessionFilter, SessionStatus

NO_KEY = bytes(16)
"""The id of no API key, which has pinned nothing."""

PURGED_TURNS = 1000
"""How many turns are removed for good in one transaction at most."""


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session, the capabilities of the version of its agent that it runs with, and whether the key that is
    asked for has pinned it, as one read found them."""

    session: Session
    agent_capabilities: Layer
    is_pinned: bool = False


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
