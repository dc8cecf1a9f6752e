"""AuditService: decode, call, encode."""

from __future__ import annotations

from dataclasses import dataclass

from everruns.v1 import audit_service_pb2 as pb
from server.rpc import audit_event
from server.rpc.calls import Call
from server.usecases.list_audit_events import ListAuditEvents


@dataclass(frozen=True, slots=True)
class AuditService:
    """The method of everruns.v1.AuditService; the proto says what it does and how it can end."""

    list_audit_events: ListAuditEvents

    def ListAuditEvents(self, request: pb.ListAuditEventsRequest, call: Call) -> pb.ListAuditEventsResponse:
        wanted = call.page_request(request)
        page = self.list_audit_events(call.organization_id, audit_event.decode_filter(request), wanted)
        return pb.ListAuditEventsResponse(
            audit_events=map(audit_event.encode, page.items),
            total_size=page.total,
            skip=wanted.skip,
            page_size=wanted.size,
            next_page_token=call.next_page_token(request, page.next),
        )
