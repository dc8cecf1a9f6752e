"""BeginTurn: a worker gets a session to itself for as long as its lease lasts."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.clock import Clock, after
from server.core.errors import session_not_found, turn_in_progress
from server.core.idempotency import fingerprint
from server.core.ids import format_id, new_id
from server.core.once import Once, Replay
from server.core.session import Session
from server.core.store import Store
from server.core.turn import Turn
from server.usecases.answered import Answered
from server.usecases.get_runtime_agent import GetRuntimeAgent, SessionRuntime


@dataclass(frozen=True, slots=True)
class NewTurn:
    """What a worker asks for; `lease` is how long one lasts, in microseconds."""

    session_id: bytes
    worker: str
    lease: int
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class BegunTurn:
    """A turn, and what to run in it."""

    turn: Turn
    runtime: SessionRuntime


@dataclass(frozen=True, slots=True)
class BeginTurn:
    """Begins a turn. Thread-safe."""

    store: Store
    get_runtime_agent: GetRuntimeAgent
    clock: Clock

    def __call__(self, organization_id: bytes, wanted: NewTurn, deadline: float) -> Answered[BegunTurn]:
        """The turn, on disk; when a request id is repeated the one that it began, as that is now.

        Raises SESSION_NOT_FOUND, TURN_IN_PROGRESS, and what `core.turn_store.Turns.change` raises.
        """
        turn, replayed = self._begin(organization_id, wanted, deadline)
        if turn is None:
            raise session_not_found(format_id("session", wanted.session_id))
        runtime = self.get_runtime_agent(organization_id, wanted.session_id)
        return Answered(BegunTurn(turn, runtime), replayed)

    def _begin(self, organization_id: bytes, wanted: NewTurn, deadline: float) -> tuple[Turn | None, bool]:
        def begin(session: Session, last: Turn | None) -> Turn:
            if last is not None and last.outcome is None:
                raise turn_in_progress(format_id("session", wanted.session_id), last.worker)
            now = self.clock()
            # Later than all that happened to the session, so that its turns sort as they were begun.
            started_at = after(session.updated_at, now)
            return Turn(
                organization_id=organization_id,
                session_id=wanted.session_id,
                id=new_id(started_at),
                token=1 if last is None else last.token + 1,
                worker=wanted.worker,
                lease=wanted.lease,
                started_at=started_at,
                expires_at=now + wanted.lease,
            )

        turns, session_id = self.store.turns, wanted.session_id
        begun = turns.change(organization_id, session_id, None, begin, self._once(wanted), deadline)
        if isinstance(begun, Replay):
            return turns.get(organization_id, session_id, begun.answer), True
        return (begun.turn if begun else None), False

    def _once(self, wanted: NewTurn) -> Once[Turn] | None:
        """What is kept of a turn for a repeated request is its id: its worker is told how it is by then."""
        if not wanted.request_id:
            return None
        content = fingerprint(wanted.session_id, wanted.worker, wanted.lease)
        return Once("BeginTurn", wanted.request_id, content, lambda turn: turn.id, self.clock())
