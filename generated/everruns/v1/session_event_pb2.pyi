import datetime

from everruns.v1 import options_pb2 as _options_pb2
from everruns.v1 import session_pb2 as _session_pb2
from everruns.v1 import turn_pb2 as _turn_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SessionEventType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SESSION_EVENT_TYPE_UNSPECIFIED: _ClassVar[SessionEventType]
    SESSION_EVENT_TYPE_CREATED: _ClassVar[SessionEventType]
    SESSION_EVENT_TYPE_CHANGED: _ClassVar[SessionEventType]
    SESSION_EVENT_TYPE_DELETED: _ClassVar[SessionEventType]
    SESSION_EVENT_TYPE_ENTERED: _ClassVar[SessionEventType]
    SESSION_EVENT_TYPE_LEFT: _ClassVar[SessionEventType]
    SESSION_EVENT_TYPE_BOOKMARK: _ClassVar[SessionEventType]
    SESSION_EVENT_TYPE_GAP: _ClassVar[SessionEventType]
SESSION_EVENT_TYPE_UNSPECIFIED: SessionEventType
SESSION_EVENT_TYPE_CREATED: SessionEventType
SESSION_EVENT_TYPE_CHANGED: SessionEventType
SESSION_EVENT_TYPE_DELETED: SessionEventType
SESSION_EVENT_TYPE_ENTERED: SessionEventType
SESSION_EVENT_TYPE_LEFT: SessionEventType
SESSION_EVENT_TYPE_BOOKMARK: SessionEventType
SESSION_EVENT_TYPE_GAP: SessionEventType

class SessionEvent(_message.Message):
    __slots__ = ("type", "resume_token", "occurred_at", "session", "changed_paths", "turn")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    CHANGED_PATHS_FIELD_NUMBER: _ClassVar[int]
    TURN_FIELD_NUMBER: _ClassVar[int]
    type: SessionEventType
    resume_token: str
    occurred_at: _timestamp_pb2.Timestamp
    session: _session_pb2.Session
    changed_paths: _containers.RepeatedScalarFieldContainer[str]
    turn: _turn_pb2.Turn
    def __init__(self, type: _Optional[_Union[SessionEventType, str]] = ..., resume_token: _Optional[str] = ..., occurred_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., session: _Optional[_Union[_session_pb2.Session, _Mapping]] = ..., changed_paths: _Optional[_Iterable[str]] = ..., turn: _Optional[_Union[_turn_pb2.Turn, _Mapping]] = ...) -> None: ...

class WatchSessionsRequest(_message.Message):
    __slots__ = ("agent_id", "tags", "status", "session_ids", "resume_token")
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    SESSION_IDS_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    status: _session_pb2.SessionStatus
    session_ids: _containers.RepeatedScalarFieldContainer[str]
    resume_token: str
    def __init__(self, agent_id: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., status: _Optional[_Union[_session_pb2.SessionStatus, str]] = ..., session_ids: _Optional[_Iterable[str]] = ..., resume_token: _Optional[str] = ...) -> None: ...
