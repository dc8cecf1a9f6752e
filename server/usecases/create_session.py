"""CreateSession: a session is drafted, and kept."""

from __future__ import annotations

from dataclasses import dataclass, replace

from server.core.agent import Agent
from server.core.agent_version import at_version
from server.core.clock import Clock
from server.core.idempotency import decode_session, encode_session, fingerprint
from server.core.ids import new_id
from server.core.later import Later, Take
from server.core.merge import Merge
from server.core.model import ModelTable
from server.core.once import Once, Replay
from server.core.session import Session, SessionSpec, SessionView
from server.core.session_store import SessionRow
from server.core.store import Store
from server.usecases.answered import Answered
from server.usecases.bound_agent import version_to_pin
from server.usecases.draft_session import Draft, draft_session
from server.usecases.get_session import view


@dataclass(frozen=True, slots=True)
class CreateSession:
    """Creates a session. Thread-safe."""

    store: Store
    merge: Merge
    models: ModelTable
    clock: Clock
    environment_id: int | None = None

    def __call__(
        self, organization_id: bytes, spec: SessionSpec, request_id: str, deadline: float
    ) -> Later[Answered[SessionView]]:
        """The session, once it is on disk; the first answer again when a request id is repeated.

        Raises AGENT_VERSION_NOT_FOUND, and what `draft_session` and `core.session_store.Sessions.create`
        raise.
        """
        named, version = version_to_pin(self.store, organization_id, spec)

        def make(agent: Agent | None) -> Session:
            if agent is not None and version is not None:
                agent = at_version(agent, version)
            draft = draft_session(self.merge, self.models, agent, spec)
            now = self.clock()
            return new_session(draft, spec, now, self.environment_id)

        def shown(row: SessionRow) -> SessionView:
            if version is not None:
                row = replace(row, agent_capabilities=version.capabilities)
            return view(self.merge, row)

        def answer(row: SessionRow) -> bytes:
            return encode_session(shown(row))

        once = None
        if request_id:
            once = Once("CreateSession", request_id, spec_fingerprint(spec), answer, self.clock())

        def answered(take: Take[SessionRow | Replay]) -> Answered[SessionView]:
            created = take()
            if isinstance(created, Replay):
                return Answered(decode_session(created.answer), replayed=True)
            return Answered(shown(created))

        return self.store.sessions.create(organization_id, named, make, once, deadline).then(answered)


def new_session(draft: Draft, spec: SessionSpec, now: int, environment: int | None) -> Session:
    """The session of a draft, made at a time in an environment. Raises INVALID_FIELD where it would have
    expired by then."""
    return replace(
        draft.session,
        id=new_id(now),
        created_at=now,
        updated_at=now,
        environment=environment,
        expires_at=spec.expiry(now),
    )


def spec_fingerprint(spec: SessionSpec) -> bytes:
    """What makes a repeated request for a session recognizable."""
    named = (spec.agent_id, spec.agent_name)
    # What is not asked for is not in it, so that it is as before there were pins, and expiry.
    pin = (spec.pin.version,) if spec.pin else ()
    expiry = (spec.expires_at, spec.ttl_seconds) if spec.expires_at or spec.ttl_seconds else ()
    return fingerprint(*named, spec.title, spec.tags, spec.model_id, spec.capabilities, *pin, *expiry)
