"""SessionService: decode, call, encode."""

from __future__ import annotations

from dataclasses import dataclass

from google.protobuf.empty_pb2 import Empty

from everruns.v1 import runtime_agent_pb2, session_pb2
from everruns.v1 import session_service_pb2 as pb
from server.core.ids import parse_id
from server.rpc import decode, encode
from server.rpc.calls import Call
from server.usecases.create_session import CreateSession
from server.usecases.delete_session import DeleteSession
from server.usecases.get_runtime_agent import GetRuntimeAgent
from server.usecases.get_session import GetSession
from server.usecases.list_sessions import ListSessions
from server.usecases.preview_session import PreviewSession
from server.usecases.update_session import UpdateSession


@dataclass(frozen=True, slots=True)
class SessionService:
    """The methods of everruns.v1.SessionService; the protos say what each does and how it can end."""

    create_session: CreateSession
    preview_session: PreviewSession
    get_session: GetSession
    list_sessions: ListSessions
    update_session: UpdateSession
    delete_session: DeleteSession
    get_runtime_agent: GetRuntimeAgent

    def CreateSession(self, request: pb.CreateSessionRequest, call: Call) -> session_pb2.Session:
        spec = decode.new_session(request.session)
        created = self.create_session(call.organization_id, spec, request.request_id, call.deadline)
        if created.replayed:
            call.mark_replayed()
        return encode.session(created.value)

    def PreviewSession(self, request: pb.PreviewSessionRequest, call: Call) -> pb.PreviewSessionResponse:
        preview = self.preview_session(call.organization_id, decode.new_session(request.session))
        runtime, session = preview.runtime_agent, preview.view.session
        return pb.PreviewSessionResponse(
            session=encode.session(preview.view),
            runtime_agent=encode.runtime_agent(runtime, session.agent_id, None),
            problems=encode.problems(runtime.merged),
        )

    def GetSession(self, request: pb.GetSessionRequest, call: Call) -> session_pb2.Session:
        return encode.session(self.get_session(call.organization_id, parse_id("session", request.id)))

    def ListSessions(self, request: pb.ListSessionsRequest, call: Call) -> pb.ListSessionsResponse:
        wanted = call.page_request(request)
        page = self.list_sessions(call.organization_id, decode.session_filter(request), wanted)
        return pb.ListSessionsResponse(
            sessions=map(encode.session, page.items),
            total_size=page.total,
            skip=wanted.skip,
            page_size=wanted.size,
            next_page_token=call.next_page_token(request, page.next),
        )

    def UpdateSession(self, request: pb.UpdateSessionRequest, call: Call) -> session_pb2.Session:
        mask = request.update_mask if request.HasField("update_mask") else None
        fields = decode.changed_fields(mask, request.session, decode.SESSION_FIELDS)
        id, spec = parse_id("session", request.id), decode.session_spec(request.session)
        return encode.session(self.update_session(call.organization_id, id, spec, fields, call.deadline))

    def DeleteSession(self, request: pb.DeleteSessionRequest, call: Call) -> Empty:
        self.delete_session(call.organization_id, parse_id("session", request.id), call.deadline)
        return Empty()

    def GetRuntimeAgent(
        self, request: pb.GetRuntimeAgentRequest, call: Call
    ) -> runtime_agent_pb2.RuntimeAgent:
        found = self.get_runtime_agent(call.organization_id, parse_id("session", request.id))
        return encode.runtime_agent(found.runtime_agent, found.session.agent_id, found.session.id)
