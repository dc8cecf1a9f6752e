"""What workers do, over a store and a clock that a test moves."""

from __future__ import annotations

import math
from dataclasses import dataclass

from server.catalog.load import load_catalog
from server.core.environment import Environment
from server.core.errors import Reason, ServiceError
from server.core.model import ANY_MODEL
from server.core.store import Store
from server.core.turn import DEFAULT_LEASE, Turn, TurnOutcome
from server.usecases.begin_turn import BeginTurn, NewTurn
from server.usecases.cancel_turn import CancelTurn
from server.usecases.end_turn import EndTurn
from server.usecases.get_runtime_agent import GetRuntimeAgent
from server.usecases.get_turn import GetTurn
from server.usecases.heartbeat_turn import HeartbeatTurn
from server.usecases.held_turn import HeldTurn
from tests.store.examples import now

_environment = Environment.of(load_catalog(None), ANY_MODEL, None)
SECOND = 1_000_000


class StandingClock:
    """A clock that stands still until it is moved; microseconds."""

    def __init__(self) -> None:
        self.now = now()

    def __call__(self) -> int:
        return self.now

    def pass_by(self, microseconds: int) -> None:
        """Moves it on."""
        self.now += microseconds


@dataclass(frozen=True)
class Workers:
    """Calls as workers make them, in one organization, through one process."""

    store: Store
    clock: StandingClock
    organization_id: bytes

    def begin(
        self, session_id: bytes, worker: str = "w", lease: int = DEFAULT_LEASE, request_id: str = ""
    ) -> Turn:
        """A turn; the one that it began when a request id is repeated."""
        wanted = NewTurn(session_id, worker, lease, request_id)
        begin = BeginTurn(self.store, GetRuntimeAgent(self.store, _environment), self.clock)
        return begin(self.organization_id, wanted, math.inf).value.turn

    def begin_unless_one_runs(self, session_id: bytes, worker: str) -> Turn | None:
        """A turn; None while another runs."""
        try:
            return self.begin(session_id, worker)
        except ServiceError as error:
            if error.reason is not Reason.TURN_IN_PROGRESS:
                raise
            return None

    def beat(self, turn: Turn, lease: int | None = None) -> Turn:
        """The turn with a longer lease."""
        return HeartbeatTurn(self.store, self.clock)(self.organization_id, held(turn), lease, math.inf)

    def end(self, turn: Turn, outcome: TurnOutcome = TurnOutcome.COMPLETED, error: str | None = None) -> Turn:
        """The turn, ended."""
        return EndTurn(self.store, self.clock)(self.organization_id, held(turn), outcome, error, math.inf)

    def cancel(self, session_id: bytes) -> bool:
        """Whether there was a turn to cancel."""
        return CancelTurn(self.store, self.clock)(self.organization_id, session_id, math.inf)

    def get(self, turn: Turn) -> Turn:
        """The turn as it is now."""
        return GetTurn(self.store)(self.organization_id, turn.session_id, turn.id)


def held(turn: Turn) -> HeldTurn:
    """The turn as its worker names it."""
    return HeldTurn(turn.session_id, turn.id, turn.token)
