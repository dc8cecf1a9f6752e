"""TurnService: decode, call, encode."""

from __future__ import annotations

from dataclasses import dataclass

from everruns.v1 import turn_pb2
from everruns.v1 import turn_service_pb2 as pb
from server.core.ids import parse_id
from server.rpc import decode, encode
from server.rpc.calls import Call
from server.usecases.begin_turn import BeginTurn
from server.usecases.end_turn import EndTurn
from server.usecases.get_turn import GetTurn
from server.usecases.heartbeat_turn import HeartbeatTurn
from server.usecases.list_turns import ListTurns


@dataclass(frozen=True, slots=True)
class TurnService:
    """The methods of everruns.v1.TurnService; the protos say what each does and how it can end."""

    begin_turn: BeginTurn
    heartbeat_turn: HeartbeatTurn
    end_turn: EndTurn
    get_turn: GetTurn
    list_turns: ListTurns

    def BeginTurn(self, request: pb.BeginTurnRequest, call: Call) -> pb.BeginTurnResponse:
        begun = self.begin_turn(call.organization_id, decode.new_turn(request), call.deadline)
        if begun.replayed:
            call.mark_replayed()
        session, runtime_agent = begun.value.runtime.session, begun.value.runtime.runtime_agent
        return pb.BeginTurnResponse(
            turn=encode.turn(begun.value.turn),
            runtime_agent=encode.runtime_agent(runtime_agent, session.agent_id, session.id),
        )

    def HeartbeatTurn(self, request: pb.HeartbeatTurnRequest, call: Call) -> turn_pb2.Turn:
        held, lease = decode.held_turn(request), decode.lease(request)
        return encode.turn(self.heartbeat_turn(call.organization_id, held, lease, call.deadline))

    def EndTurn(self, request: pb.EndTurnRequest, call: Call) -> turn_pb2.Turn:
        held, (outcome, error) = decode.held_turn(request), decode.turn_outcome(request)
        return encode.turn(self.end_turn(call.organization_id, held, outcome, error, call.deadline))

    def GetTurn(self, request: pb.GetTurnRequest, call: Call) -> turn_pb2.Turn:
        session_id, id = parse_id("session", request.session_id), parse_id("turn", request.id)
        return encode.turn(self.get_turn(call.organization_id, session_id, id))

    def ListTurns(self, request: pb.ListTurnsRequest, call: Call) -> pb.ListTurnsResponse:
        wanted = call.page_request(request)
        page = self.list_turns(call.organization_id, parse_id("session", request.session_id), wanted)
        return pb.ListTurnsResponse(
            turns=map(encode.turn, page.items),
            total_size=page.total,
            skip=wanted.skip,
            page_size=wanted.size,
            next_page_token=call.next_page_token(request, page.next),
        )
