"""A watcher of sessions over gRPC."""

from __future__ import annotations

import grpc

from everruns.v1 import session_service_pb2_grpc
from everruns.v1.session_event_pb2 import (
    SESSION_EVENT_TYPE_BOOKMARK,
    SESSION_EVENT_TYPE_CREATED,
    SessionEvent,
    WatchSessionsRequest,
)
from tests.system.processes import PATIENCE
from tests.system.sessions import Sessions
from tests.wire.harness.json_value import Json


class Watcher:
    """A watcher over a channel."""

    def __init__(self, channel: grpc.Channel, sessions: Sessions, token: str = "", **filter: Json) -> None:
        keys = sessions.names["keys"]
        assert isinstance(keys, dict)
        request = WatchSessionsRequest(resume_token=token, **filter)  # type: ignore[arg-type]  # by name
        stub = session_service_pb2_grpc.SessionServiceStub(channel)
        metadata = (("authorization", str(keys["owner"])),)
        self.stream = stub.WatchSessions(request, metadata=metadata, timeout=2 * PATIENCE)
        self.token = token

    def next(self) -> SessionEvent:
        """The next message."""
        event: SessionEvent = next(self.stream)
        self.token = event.resume_token
        return event

    def created(self, count: int) -> list[str]:
        """The ids of the next sessions that were created."""
        ids: list[str] = []
        while len(ids) < count:
            event = self.next()
            if event.type != SESSION_EVENT_TYPE_BOOKMARK:
                assert event.type == SESSION_EVENT_TYPE_CREATED
                ids.append(event.session.id)
        return ids
