"""SessionService: decode, call, encode."""

from __future__ import annotations

from dataclasses import dataclass

from google.protobuf.empty_pb2 import Empty

from everruns.v1 import (
    comparison_pb2,
    explanation_pb2,
    runtime_agent_pb2,
    session_drift_pb2,
    session_event_pb2,
    session_pb2,
)
from everruns.v1 import session_service_pb2 as pb
from server.core.ids import parse_id
from server.core.later import Later, Take
from server.core.session import SessionView
from server.rpc import decode, encode, encode_explanation, encode_versions
from server.rpc.calls import LARGEST_MESSAGE, Call
from server.rpc.resume_token import ResumeTokens
from server.rpc.sizes import LARGEST_BATCH, require_size
from server.rpc.watch_hub import WatchHub
from server.usecases.answered import Answered
from server.usecases.batch_create_sessions import BatchCreateSessions
from server.usecases.batch_get_sessions import BatchGetSessions
from server.usecases.cancel_turn import CancelTurn
from server.usecases.compare_sessions import CompareSessions
from server.usecases.create_session import CreateSession
from server.usecases.delete_session import DeleteSession
from server.usecases.explain_session import ExplainSession
from server.usecases.get_runtime_agent import GetRuntimeAgent
from server.usecases.get_session import GetSession
from server.usecases.get_session_drift import GetSessionDrift
from server.usecases.get_session_stats import GetSessionStats
from server.usecases.list_sessions import ListSessions
from server.usecases.pin_session import PinSession
from server.usecases.preview_session import PreviewSession
from server.usecases.undelete_session import UndeleteSession
from server.usecases.unpin_session import UnpinSession
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
    pin_session: PinSession
    unpin_session: UnpinSession
    get_session_stats: GetSessionStats
    get_runtime_agent: GetRuntimeAgent
    explain_session: ExplainSession
    compare_sessions: CompareSessions
    get_session_drift: GetSessionDrift
    cancel_turn: CancelTurn
    undelete_session: UndeleteSession
    batch_get_sessions: BatchGetSessions
    batch_create_sessions: BatchCreateSessions
    watches: WatchHub
    resume_tokens: ResumeTokens

    def CreateSession(self, request: pb.CreateSessionRequest, call: Call) -> Later[session_pb2.Session]:
        def encoded(take: Take[Answered[SessionView]]) -> session_pb2.Session:
            created = take()
            if created.replayed:
                call.mark_replayed()
            return encode.session(created.value)

        spec = decode.new_session(request.session)
        created = self.create_session(call.organization_id, spec, request.request_id, call.deadline)
        return created.then(encoded)

    def PreviewSession(self, request: pb.PreviewSessionRequest, call: Call) -> pb.PreviewSessionResponse:
        preview = self.preview_session(call.organization_id, decode.new_session(request.session))
        runtime, session = preview.runtime_agent, preview.view.session
        return pb.PreviewSessionResponse(
            session=encode.session(preview.view),
            runtime_agent=encode.runtime_agent(runtime, session.agent_id, None),
            problems=encode.problems(runtime.merged),
        )

    def GetSession(self, request: pb.GetSessionRequest, call: Call) -> session_pb2.Session:
        id = parse_id("session", request.id)
        return encode.session(self.get_session(call.organization_id, id, call.caller.key_id))

    def ListSessions(self, request: pb.ListSessionsRequest, call: Call) -> pb.ListSessionsResponse:
        wanted = call.page_request(request)
        filter = decode.session_filter(request)
        page = self.list_sessions(call.organization_id, filter, wanted, call.caller.key_id)
        return pb.ListSessionsResponse(
            sessions=map(encode.session, page.items),
            total_size=page.total,
            skip=wanted.skip,
            page_size=wanted.size,
            next_page_token=call.next_page_token(request, page.next),
        )

    def UpdateSession(self, request: pb.UpdateSessionRequest, call: Call) -> session_pb2.Session:
        fields = decode.session_changes(request)
        id, spec = parse_id("session", request.id), decode.session_spec(request.session)
        updated = self.update_session(
            call.organization_id,
            id,
            spec,
            fields,
            call.deadline,
            call.caller.key_id,
            call.actor("UpdateSession"),
        )
        return encode.session(updated)

    def DeleteSession(self, request: pb.DeleteSessionRequest, call: Call) -> Empty:
        id = parse_id("session", request.id)
        self.delete_session(call.organization_id, id, call.deadline, call.actor("DeleteSession"))
        return Empty()

    def UndeleteSession(self, request: pb.UndeleteSessionRequest, call: Call) -> session_pb2.Session:
        id = parse_id("session", request.id)
        actor = call.actor("UndeleteSession")
        found = self.undelete_session(call.organization_id, id, call.deadline, call.caller.key_id, actor)
        return encode.session(found)

    def BatchGetSessions(
        self, request: pb.BatchGetSessionsRequest, call: Call
    ) -> pb.BatchGetSessionsResponse:
        ids = decode.session_ids(request)
        found = self.batch_get_sessions(call.organization_id, ids, call.caller.key_id)
        response = pb.BatchGetSessionsResponse(sessions=map(encode.session, found))
        require_size("the answer would have", response, LARGEST_MESSAGE)
        return response

    def BatchCreateSessions(
        self, request: pb.BatchCreateSessionsRequest, call: Call
    ) -> pb.BatchCreateSessionsResponse:
        require_size("the batch has", request, LARGEST_BATCH)
        specs = decode.session_batch(request.batch)
        created = self.batch_create_sessions(call.organization_id, specs, request.request_id, call.deadline)
        if created.replayed:
            call.mark_replayed()
        return pb.BatchCreateSessionsResponse(sessions=map(encode.session, created.value))

    def PinSession(self, request: pb.PinSessionRequest, call: Call) -> Empty:
        id = parse_id("session", request.id)
        self.pin_session(call.organization_id, id, call.caller.key_id, call.deadline)
        return Empty()

    def UnpinSession(self, request: pb.UnpinSessionRequest, call: Call) -> Empty:
        id = parse_id("session", request.id)
        self.unpin_session(call.organization_id, id, call.caller.key_id, call.deadline)
        return Empty()

    def GetSessionStats(self, request: pb.GetSessionStatsRequest, call: Call) -> pb.SessionStats:
        agent_id = parse_id("agent", request.agent_id) if request.agent_id else None
        return encode.session_stats(self.get_session_stats(call.organization_id, agent_id))

    def GetRuntimeAgent(
        self, request: pb.GetRuntimeAgentRequest, call: Call
    ) -> runtime_agent_pb2.RuntimeAgent:
        found = self.get_runtime_agent(call.organization_id, parse_id("session", request.id))
        return encode.runtime_agent(found.runtime_agent, found.session.agent_id, found.session.id)

    def ExplainSession(self, request: pb.ExplainSessionRequest, call: Call) -> explanation_pb2.Explanation:
        found = self.explain_session(call.organization_id, parse_id("session", request.id))
        return encode_explanation.explained(found)

    def CompareSessions(self, request: pb.CompareSessionsRequest, call: Call) -> comparison_pb2.Comparison:
        a, b = parse_id("session", request.a), parse_id("session", request.b)
        return encode_explanation.compared(self.compare_sessions(call.organization_id, a, b))

    def GetSessionDrift(
        self, request: session_drift_pb2.GetSessionDriftRequest, call: Call
    ) -> session_drift_pb2.SessionDrift:
        id = parse_id("session", request.id)
        return encode_versions.drift(self.get_session_drift(call.organization_id, id))

    def CancelTurn(self, request: pb.CancelTurnRequest, call: Call) -> pb.CancelTurnResponse:
        asked = self.cancel_turn(call.organization_id, parse_id("session", request.id), call.deadline)
        return pb.CancelTurnResponse(status=pb.CANCEL_STATUS_CANCELLED if asked else pb.CANCEL_STATUS_NO_OP)

    def WatchSessions(self, request: session_event_pb2.WatchSessionsRequest, call: Call) -> None:
        token, resumed = request.resume_token, None
        if token:
            resumed = self.resume_tokens.position(call.organization_id, token)
        self.watches.watch(call, decode.watch_filter(request), resumed)
