"""BatchCreateSessions: sessions are drafted, and kept all or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.core.agent import Agent
from server.core.batch import each
from server.core.clock import Clock
from server.core.idempotency import decode_sessions, encode_sessions, fingerprint
from server.core.merge import Merge
from server.core.model import ModelTable
from server.core.session import Session, SessionSpec, SessionView
from server.core.store import Once, Replay, SessionRow, Store
from server.usecases.answered import Answered
from server.usecases.create_session import new_session, spec_fingerprint
from server.usecases.draft_session import agent_of, draft_session
from server.usecases.get_session import view


@dataclass(frozen=True, slots=True)
class BatchCreateSessions:
    """Creates many sessions at once. Thread-safe."""

    store: Store
    merge: Merge
    models: ModelTable
    clock: Clock

    def __call__(
        self, organization_id: bytes, specs: Sequence[SessionSpec], request_id: str, deadline: float
    ) -> Answered[list[SessionView]]:
        """The sessions in the order of the specs, on disk; the first answer again for a repeated request id.

        Raises everything that `draft_session` raises for any of them, by place, and what
        `core.bulk_store.BulkSessions.create_all` raises.
        """

        def make(agents: Sequence[Agent | None]) -> list[Session]:
            return each(zip(agents, specs, strict=True), self._new)

        def answer(rows: Sequence[SessionRow]) -> bytes:
            return encode_sessions([view(self.merge, row) for row in rows])

        once = None
        if request_id:
            content = fingerprint(*map(spec_fingerprint, specs))
            once = Once("BatchCreateSessions", request_id, content, answer, self.clock())
        agents = list(map(agent_of, specs))
        created = self.store.bulk.create_all(organization_id, agents, make, once, deadline)
        if isinstance(created, Replay):
            return Answered(decode_sessions(created.answer), replayed=True)
        return Answered([view(self.merge, row) for row in created])

    def _new(self, agent_and_spec: tuple[Agent | None, SessionSpec]) -> Session:
        agent, spec = agent_and_spec
        return new_session(draft_session(self.merge, self.models, agent, spec), spec, self.clock())
