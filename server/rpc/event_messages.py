"""Events as the bytes of messages, made once for all watchers that they are for."""

from __future__ import annotations

from dataclasses import dataclass

from everruns.v1 import session_event_pb2 as pb
from server.core.session_event import Position, SessionEvent, Sight
from server.rpc import encode
from server.rpc.resume_token import ResumeTokens
from server.usecases.watch_sessions import WatchSessions

_TYPE = {
    Sight.CREATED: pb.SESSION_EVENT_TYPE_CREATED,
    Sight.CHANGED: pb.SESSION_EVENT_TYPE_CHANGED,
    Sight.DELETED: pb.SESSION_EVENT_TYPE_DELETED,
    Sight.ENTERED: pb.SESSION_EVENT_TYPE_ENTERED,
    Sight.LEFT: pb.SESSION_EVENT_TYPE_LEFT,
}


@dataclass(frozen=True, slots=True)
class EventMessages:
    """Makes messages of everruns.v1.SessionEvent. Thread-safe."""

    sessions: WatchSessions
    tokens: ResumeTokens

    def event(self, event: SessionEvent) -> pb.SessionEvent:
        """A change, whose type is what it is to a watcher; see `seen`. Raises STORE_UNAVAILABLE."""
        change = event.change
        message = pb.SessionEvent(
            resume_token=self.tokens.token(change.session.organization_id, event.position),
            session=encode.session(self.sessions.view(change.session)),
            changed_paths=change.paths,
            turn=None if change.turn is None else encode.turn(change.turn),
        )
        message.occurred_at.FromMicroseconds(event.at)
        return message

    def bookmark(self, organization_id: bytes, position: Position) -> bytes:
        """That nothing happened."""
        return self._at(pb.SESSION_EVENT_TYPE_BOOKMARK, organization_id, position)

    def gap(self, organization_id: bytes, position: Position) -> bytes:
        """That events are missing before a place."""
        return self._at(pb.SESSION_EVENT_TYPE_GAP, organization_id, position)

    def _at(self, type: pb.SessionEventType, organization_id: bytes, position: Position) -> bytes:
        token = self.tokens.token(organization_id, position)
        return pb.SessionEvent(type=type, resume_token=token).SerializeToString()


def seen(message: pb.SessionEvent, sight: Sight) -> bytes:
    """A change to those to whom it is this."""
    message.type = _TYPE[sight]
    return message.SerializeToString()
