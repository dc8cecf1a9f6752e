"""BatchCreateSessions: sessions are drafted, and kept all or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from server.core.agent import Agent
from server.core.agent_version import AgentVersion, at_version
from server.core.batch import each
from server.core.clock import Clock
from server.core.errors import ServiceError
from server.core.idempotency import decode_sessions, encode_sessions, fingerprint
from server.core.merge import Merge
from server.core.model import ModelTable
from server.core.once import Once, Replay
from server.core.session import Session, SessionSpec, SessionView
from server.core.session_store import SessionRow
from server.core.store import Store
from server.usecases.answered import Answered
from server.usecases.bound_agent import version_to_pin
from server.usecases.create_session import new_session, spec_fingerprint
from server.usecases.draft_session import agent_of, draft_session
from server.usecases.get_session import view


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A spec, its agent's id or name, and the version that it names: None for none, or why there is none."""

    spec: SessionSpec
    agent: bytes | str
    version: AgentVersion | ServiceError | None


@dataclass(frozen=True, slots=True)
class BatchCreateSessions:
    """Creates many sessions at once. Thread-safe."""

    store: Store
    merge: Merge
    models: ModelTable
    clock: Clock
    environment_id: int | None = None

    def __call__(
        self, organization_id: bytes, specs: Sequence[SessionSpec], request_id: str, deadline: float
    ) -> Answered[list[SessionView]]:
        """The sessions in the order of the specs, on disk; the first answer again for a repeated request id.

        Raises everything that CreateSession raises for any of them, by place, and what
        `core.bulk_store.BulkSessions.create_all` raises.
        """
        wanted = [self._wanted(organization_id, spec) for spec in specs]

        def make(agents: Sequence[Agent | None]) -> list[Session]:
            return each(zip(wanted, agents, strict=True), self._new)

        def shown(rows: Sequence[SessionRow]) -> list[SessionView]:
            return [self._shown(*of_one) for of_one in zip(wanted, rows, strict=True)]

        def answer(rows: Sequence[SessionRow]) -> bytes:
            return encode_sessions(shown(rows))

        once = None
        if request_id:
            content = fingerprint(*map(spec_fingerprint, specs))
            once = Once("BatchCreateSessions", request_id, content, answer, self.clock())
        named = [new.agent for new in wanted]
        created = self.store.bulk.create_all(organization_id, named, make, once, deadline)
        if isinstance(created, Replay):
            return Answered(decode_sessions(created.answer), replayed=True)
        return Answered(shown(created))

    def _wanted(self, organization_id: bytes, spec: SessionSpec) -> _Wanted:
        # What is wrong is kept, to be told along with what is wrong with the others.
        try:
            return _Wanted(spec, *version_to_pin(self.store, organization_id, spec))
        except ServiceError as error:
            return _Wanted(spec, agent_of(spec), error)

    def _new(self, wanted_of_agent: tuple[_Wanted, Agent | None]) -> Session:
        wanted, agent = wanted_of_agent
        if isinstance(wanted.version, ServiceError):
            raise wanted.version
        if agent is not None and wanted.version is not None:
            agent = at_version(agent, wanted.version)
        draft = draft_session(self.merge, self.models, agent, wanted.spec)
        return new_session(draft, wanted.spec, self.clock(), self.environment_id)

    def _shown(self, wanted: _Wanted, row: SessionRow) -> SessionView:
        if isinstance(wanted.version, AgentVersion):
            row = replace(row, agent_capabilities=wanted.version.capabilities)
        return view(self.merge, row)
