"""What a store promises of many sessions at once; `core.store` says what is true of every method."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Protocol

from server.core.agent import Agent
from server.core.errors import ServiceError
from server.core.once import Once, Replay
from server.core.session import Session
from server.core.session_store import NO_KEY, SessionRow


class Put(Enum):
    """What came of a session that was to be kept as it is."""

    CREATED = "created"
    UNCHANGED = "unchanged"
    """It was there, equal."""


class BulkSessions(Protocol):
    """Many sessions of an organization at once."""

    def get_all(
        self, organization_id: bytes, ids: Sequence[bytes], key_id: bytes = NO_KEY
    ) -> Mapping[bytes, SessionRow]:
        """Those of these sessions that there are, by id."""

    def create_all(
        self,
        organization_id: bytes,
        agents: Sequence[bytes | str],
        make: Callable[[Sequence[Agent | None]], Sequence[Session]],
        once: Once[Sequence[SessionRow]] | None,
        deadline: float,
    ) -> Sequence[SessionRow] | Replay:
        """Keeps all sessions that `make` makes of these agents, one of each, or none; answers them in order.

        As `core.session_store.Sessions.create` in all else.
        """

    def export(self, organization_id: bytes, after: bytes, size: int) -> Sequence[Session]:
        """The first so many sessions, as they are written down, after an id, the oldest first."""

    def put_all(
        self, organization_id: bytes, sessions: Sequence[Session], deadline: float
    ) -> Sequence[Put | ServiceError]:
        """Keeps sessions of an organization as they are where their ids are free, in one transaction;
        answers of each what came of it.

        That is AGENT_NOT_FOUND where its agent is not there, AGENT_VERSION_NOT_FOUND where a version of
        its agent is not, SESSION_ALREADY_EXISTS where another session, also a deleted one, has its id.
        """
