"""What a store promises of turns; `core.store` says what is true of every method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from server.core.once import Once, Replay
from server.core.page import Page, PageRequest
from server.core.session import Session
from server.core.turn import Turn


@dataclass(frozen=True, slots=True)
class SessionTurn:
    """A session, and one of its turns, None where it has none."""

    session: Session
    turn: Turn | None


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
