"""CapabilityService: decode, call, encode."""

from __future__ import annotations

from dataclasses import dataclass

from everruns.v1 import capability_pb2
from everruns.v1 import capability_service_pb2 as pb
from server.rpc import encode
from server.rpc.calls import Call
from server.usecases.get_capability import GetCapability
from server.usecases.list_capabilities import ListCapabilities


@dataclass(frozen=True, slots=True)
class CapabilityService:
    """The methods of everruns.v1.CapabilityService; the protos say what each does and how it can end."""

    list_capabilities: ListCapabilities
    get_capability: GetCapability

    def ListCapabilities(
        self, request: pb.ListCapabilitiesRequest, call: Call
    ) -> pb.ListCapabilitiesResponse:
        wanted = call.page_request(request)
        page = self.list_capabilities(request.search, wanted)
        return pb.ListCapabilitiesResponse(
            capabilities=map(encode.capability, page.items),
            total_size=page.total,
            skip=wanted.skip,
            page_size=wanted.size,
            next_page_token=call.next_page_token(request, page.next),
        )

    def GetCapability(self, request: pb.GetCapabilityRequest, call: Call) -> capability_pb2.Capability:
        return encode.capability(self.get_capability(request.id))
