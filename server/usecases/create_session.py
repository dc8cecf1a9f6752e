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
from server.core.session import Session, SessionSpec, SessionView
from server.core.store import Once, Replay, SessionRow, Store
from server.usecases.answered import Answered
from server.usecases.bound_agent import version_to_pin
from server.usecases.draft_session import draft_session
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

        Raises AGENT_VERSION_NOT_FOUND, and what `draft_session` and `core.store.Sessions.create` raise.
        """
        named, version = version_to_pin(self.store, organization_id, spec)

        def make(agent: Agent | None) -> Session:
            if agent is not None and version is not None:
                agent = at_version(agent, version)
            draft = draft_session(self.merge, self.models, agent, spec)
            now = self.clock()
            environment = self.environment_id
            return replace(
                draft.session, id=new_id(now), created_at=now, updated_at=now, environment=environment
            )

        def shown(row: SessionRow) -> SessionView:
            if version is not None:
                row = replace(row, agent_capabilities=version.capabilities)
            return view(self.merge, row)

        def answer(row: SessionRow) -> bytes:
            return encode_session(shown(row))

        once = None
        if request_id:
            once = Once("CreateSession", request_id, _fingerprint(spec), answer, self.clock())

        def answered(take: Take[SessionRow | Replay]) -> Answered[SessionView]:
            created = take()
            if isinstance(created, Replay):
                return Answered(decode_session(created.answer), replayed=True)
            return Answered(shown(created))

        return self.store.sessions.create(organization_id, named, make, once, deadline).then(answered)


def _fingerprint(spec: SessionSpec) -> bytes:
    named = (spec.agent_id, spec.agent_name)
    # What is not asked for is not in it, so that it is as before there were pins.
    pin = (spec.pin.version,) if spec.pin else ()
    return fingerprint(*named, spec.title, spec.tags, spec.model_id, spec.capabilities, *pin)
