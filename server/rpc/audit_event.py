"""Audit events as answers, and which of them a request asks for."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp

from everruns.v1 import audit_event_pb2 as pb
from everruns.v1.audit_service_pb2 import ListAuditEventsRequest
from server.core.audit import AuditEvent, AuditFilter, Outcome, parse_resource
from server.core.ids import format_id, parse_id
from server.rpc.decode import microseconds
from server.rpc.struct_json import to_value

_OUTCOME = {outcome: f"AUDIT_OUTCOME_{outcome.name}" for outcome in Outcome}


def decode_filter(message: ListAuditEventsRequest) -> AuditFilter:
    """Which events a list holds."""
    return AuditFilter(
        key_id=parse_id("key", message.key_id) if message.key_id else None,
        resource=parse_resource(message.resource_id) if message.resource_id else None,
        created_after=microseconds(message.created_after) if message.HasField("created_after") else None,
        created_before=microseconds(message.created_before) if message.HasField("created_before") else None,
    )


def encode(event: AuditEvent) -> pb.AuditEvent:
    """An event."""
    actor = event.actor
    seconds, rest = divmod(event.created_at, 1_000_000)
    return pb.AuditEvent(
        id=format_id("audit", event.id),
        organization_id=format_id("org", event.organization_id),
        created_at=Timestamp(seconds=seconds, nanos=rest * 1000),
        actor=pb.AUDIT_ACTOR_OPERATOR if actor.key_id is None else pb.AUDIT_ACTOR_API_KEY,
        key_id=None if actor.key_id is None else format_id("key", actor.key_id),
        key_name=actor.key_name,
        method=actor.method,
        request_id=actor.request_id,
        peer=actor.peer,
        forwarded_for=actor.forwarded_for,
        outcome=_OUTCOME[event.outcome],
        reason=event.reason,
        attempts=event.attempts,
        resource_id=None if event.resource is None else format_id(*event.resource),
        changes=[
            pb.AuditChange(field=change.field, before=to_value(change.before), after=to_value(change.after))
            for change in event.changes
        ],
    )
