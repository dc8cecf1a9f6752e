"""CreateSession: a session is drafted, and kept."""

from __future__ import annotations

from dataclasses import dataclass, replace

from server.core.agent import Agent
from server.core.clock import Clock
from server.core.idempotency import decode_session, encode_session, fingerprint
from server.core.ids import new_id
from server.core.merge import Merge
from server.core.model import ModelTable
from server.core.session import Session, SessionSpec, SessionView
from server.core.store import Once, Replay, SessionRow, Store
from server.usecases.answered import Answered
from server.usecases.draft_session import Draft, agent_of, draft_session
from server.usecases.get_session import view


@dataclass(frozen=True, slots=True)
class CreateSession:
    """Creates a session. Thread-safe."""

    store: Store
    merge: Merge
    models: ModelTable
    clock: Clock

    def __call__(
        self, organization_id: bytes, spec: SessionSpec, request_id: str, deadline: float
    ) -> Answered[SessionView]:
        """The session, on disk; the first answer again when a request id is repeated.

        Raises what `draft_session` and `core.store.Sessions.create` raise.
        """

        def make(agent: Agent | None) -> Session:
            draft = draft_session(self.merge, self.models, agent, spec)
            now = self.clock()
            return new_session(draft, spec, now)

        def answer(row: SessionRow) -> bytes:
            return encode_session(view(self.merge, row))

        once = None
        if request_id:
            once = Once("CreateSession", request_id, spec_fingerprint(spec), answer, self.clock())
        created = self.store.sessions.create(organization_id, agent_of(spec), make, once, deadline)
        if isinstance(created, Replay):
            return Answered(decode_session(created.answer), replayed=True)
        return Answered(view(self.merge, created))


def new_session(draft: Draft, spec: SessionSpec, now: int) -> Session:
    """The session of a draft, made at a time. Raises INVALID_FIELD where it would have expired by then."""
    expires_at = spec.expiry(now)
    return replace(draft.session, id=new_id(now), created_at=now, updated_at=now, expires_at=expires_at)


def spec_fingerprint(spec: SessionSpec) -> bytes:
    """What makes a repeated request for a session recognizable."""
    named = (spec.agent_id, spec.agent_name)
    # Only where it is set, so that requests of the versions without it stay recognizable.
    expiry = (spec.expires_at, spec.ttl_seconds) if spec.expires_at or spec.ttl_seconds else ()
    return fingerprint(*named, spec.title, spec.tags, spec.model_id, spec.capabilities, *expiry)
