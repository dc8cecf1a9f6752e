"""AgentService: decode, call, encode."""

from __future__ import annotations

from dataclasses import dataclass

from google.api.httpbody_pb2 import HttpBody
from google.protobuf.empty_pb2 import Empty

from everruns.v1 import agent_impact_pb2, agent_pb2, agent_version_pb2
from everruns.v1 import agent_service_pb2 as pb
from server.core.ids import parse_id
from server.rpc import agent_document, decode, encode, encode_versions
from server.rpc.calls import Call
from server.usecases.apply_agent import ApplyAgent
from server.usecases.copy_agent import CopyAgent
from server.usecases.create_agent import CreateAgent
from server.usecases.delete_agent import DeleteAgent
from server.usecases.diff_agent_versions import DiffAgentVersions
from server.usecases.get_agent import GetAgent
from server.usecases.get_agent_version import GetAgentVersion
from server.usecases.import_agent import ImportAgent
from server.usecases.list_agent_versions import ListAgentVersions
from server.usecases.list_agents import ListAgents
from server.usecases.preview_agent import PreviewAgent
from server.usecases.preview_agent_update import PreviewAgentUpdate
from server.usecases.rollback_agent import RollbackAgent
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
    copy_agent: CopyAgent
    import_agent: ImportAgent
    preview_agent: PreviewAgent
    preview_agent_update: PreviewAgentUpdate
    list_agent_versions: ListAgentVersions
    get_agent_version: GetAgentVersion
    diff_agent_versions: DiffAgentVersions
    rollback_agent: RollbackAgent

    def CreateAgent(self, request: pb.CreateAgentRequest, call: Call) -> agent_pb2.Agent:
        spec = decode.agent_spec(request.agent)
        actor = call.actor("CreateAgent")
        created = self.create_agent(call.organization_id, spec, request.request_id, call.deadline, actor)
        if created.replayed:
            call.mark_replayed()
        return encode.agent(created.value)

    def ApplyAgent(self, request: pb.ApplyAgentRequest, call: Call) -> pb.ApplyAgentResponse:
        spec = decode.agent_spec(request.agent)
        actor = call.actor("ApplyAgent")
        applied = self.apply_agent(call.organization_id, spec, request.request_id, call.deadline, actor)
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
        update = decode.agent_update(request, call.organization_id)
        updated = self.update_agent(
            update, call.deadline, call.actor("UpdateAgent"), validate_only=request.validate_only
        )
        return encode.agent(updated)

    def PreviewAgentUpdate(
        self, request: agent_impact_pb2.PreviewAgentUpdateRequest, call: Call
    ) -> agent_impact_pb2.PreviewAgentUpdateResponse:
        wanted = call.page_request(request)
        preview = self.preview_agent_update(decode.agent_update(request, call.organization_id), wanted)
        token = call.next_page_token(request, preview.next)
        return encode_versions.agent_update_preview(preview, wanted.size, token)

    def ListAgentVersions(
        self, request: agent_version_pb2.ListAgentVersionsRequest, call: Call
    ) -> agent_version_pb2.ListAgentVersionsResponse:
        wanted = call.page_request(request)
        page = self.list_agent_versions(call.organization_id, parse_id("agent", request.agent_id), wanted)
        return agent_version_pb2.ListAgentVersionsResponse(
            versions=map(encode_versions.agent_version, page.items),
            total_size=page.total,
            skip=wanted.skip,
            page_size=wanted.size,
            next_page_token=call.next_page_token(request, page.next),
        )

    def GetAgentVersion(
        self, request: agent_version_pb2.GetAgentVersionRequest, call: Call
    ) -> agent_version_pb2.AgentVersion:
        agent_id = parse_id("agent", request.agent_id)
        return encode_versions.agent_version(
            self.get_agent_version(call.organization_id, agent_id, request.version)
        )

    def DiffAgentVersions(
        self, request: agent_version_pb2.DiffAgentVersionsRequest, call: Call
    ) -> agent_version_pb2.AgentVersionDiff:
        agent_id = parse_id("agent", request.agent_id)
        old, new = request.from_version, request.to_version
        changes = self.diff_agent_versions(call.organization_id, agent_id, old, new)
        return encode_versions.agent_version_diff(agent_id, old, new, changes)

    def RollbackAgent(self, request: agent_version_pb2.RollbackAgentRequest, call: Call) -> agent_pb2.Agent:
        agent_id = parse_id("agent", request.agent_id)
        actor = call.actor("RollbackAgent")
        agent = self.rollback_agent(call.organization_id, agent_id, request.version, call.deadline, actor)
        return encode.agent(agent)

    def DeleteAgent(self, request: pb.DeleteAgentRequest, call: Call) -> Empty:
        id = parse_id("agent", request.id)
        self.delete_agent(call.organization_id, id, call.deadline, call.actor("DeleteAgent"))
        return Empty()

    def CopyAgent(self, request: pb.CopyAgentRequest, call: Call) -> agent_pb2.Agent:
        id = parse_id("agent", request.id)
        actor = call.actor("CopyAgent")
        copied = self.copy_agent(call.organization_id, id, request.request_id, call.deadline, actor)
        if copied.replayed:
            call.mark_replayed()
        return encode.agent(copied.value)

    def ExportAgent(self, request: pb.ExportAgentRequest, call: Call) -> HttpBody:
        agent = self.get_agent(call.organization_id, parse_id("agent", request.id))
        return HttpBody(content_type=agent_document.CONTENT_TYPE, data=agent_document.write(agent).encode())

    def ImportAgent(self, request: pb.ImportAgentRequest, call: Call) -> agent_pb2.Agent:
        document = agent_document.read(request.document.content_type, request.document.data)
        spec, named = decode.agent_spec(document.spec), document.named
        imported = self.import_agent(
            call.organization_id,
            spec,
            named,
            request.request_id,
            call.deadline,
            call.actor("ImportAgent"),
        )
        if imported.replayed:
            call.mark_replayed()
        return encode.agent(imported.value)

    def PreviewAgent(self, request: pb.PreviewAgentRequest, call: Call) -> pb.PreviewAgentResponse:
        preview = self.preview_agent(call.organization_id, decode.agent_spec(request.agent))
        runtime = preview.runtime_agent
        return pb.PreviewAgentResponse(
            agent=encode.agent(preview.agent),
            runtime_agent=encode.runtime_agent(runtime, preview.agent.id, None),
            problems=encode.problems(runtime.merged),
        )
