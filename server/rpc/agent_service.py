"""AgentService: decode, call, encode."""

from __future__ import annotations

from dataclasses import dataclass

from google.protobuf.empty_pb2 import Empty

from everruns.v1 import agent_pb2
from everruns.v1 import agent_service_pb2 as pb
from server.core.ids import parse_id
from server.rpc import decode, encode
from server.rpc.calls import Call
from server.usecases.apply_agent import ApplyAgent
from server.usecases.create_agent import CreateAgent
from server.usecases.delete_agent import DeleteAgent
from server.usecases.get_agent import GetAgent
from server.usecases.list_agents import ListAgents
from server.usecases.update_agent import UpdateAgent


@dataclass(frozen=True, slots=True)
class AgentService:
    """The methods of everruns.v1.AgentService; the protos say what each does and how it can end."""

    create_agent: CreateAgent
    apply_agent: ApplyAgent
    get_agent: GetAgent
    list_agents: ListAgents
    update_agent: UpdateAgent
    delete_agent: DeleteAgent

    def CreateAgent(self, request: pb.CreateAgentRequest, call: Call) -> agent_pb2.Agent:
        spec = decode.agent_spec(request.agent)
        created = self.create_agent(call.organization_id, spec, request.request_id, call.deadline)
        if created.replayed:
            call.mark_replayed()
        return encode.agent(created.value)

    def ApplyAgent(self, request: pb.ApplyAgentRequest, call: Call) -> pb.ApplyAgentResponse:
        spec = decode.agent_spec(request.agent)
        applied = self.apply_agent(call.organization_id, spec, request.request_id, call.deadline)
        if applied.replayed:
            call.mark_replayed()
        agent = applied.value
        created = agent.created_at == agent.updated_at
        return pb.ApplyAgentResponse(agent=encode.agent(agent), created=created)

    def GetAgent(self, request: pb.GetAgentRequest, call: Call) -> agent_pb2.Agent:
        return encode.agent(self.get_agent(call.organization_id, parse_id("agent", request.id)))

    def ListAgents(self, request: pb.ListAgentsRequest, call: Call) -> pb.ListAgentsResponse:
        wanted = call.page_request(request)
        page = self.list_agents(call.organization_id, decode.agent_filter(request), wanted)
        return pb.ListAgentsResponse(
            agents=map(encode.agent, page.items),
            total_size=page.total,
            skip=wanted.skip,
            page_size=wanted.size,
            next_page_token=call.next_page_token(request, page.next),
        )

    def UpdateAgent(self, request: pb.UpdateAgentRequest, call: Call) -> agent_pb2.Agent:
        mask = request.update_mask if request.HasField("update_mask") else None
        fields = decode.changed_fields(mask, request.agent, decode.AGENT_FIELDS)
        id, spec = parse_id("agent", request.id), decode.agent_spec(request.agent)
        return encode.agent(self.update_agent(call.organization_id, id, spec, fields, call.deadline))

    def DeleteAgent(self, request: pb.DeleteAgentRequest, call: Call) -> Empty:
        self.delete_agent(call.organization_id, parse_id("agent", request.id), call.deadline)
        return Empty()
