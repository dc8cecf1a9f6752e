from everruns.v1 import agent_pb2 as _agent_pb2
from everruns.v1 import options_pb2 as _options_pb2
from everruns.v1 import runtime_agent_pb2 as _runtime_agent_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SessionImpact(_message.Message):
    __slots__ = ("session_id", "digest", "new_digest", "problems", "lost_features")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    NEW_DIGEST_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    LOST_FEATURES_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    digest: str
    new_digest: str
    problems: _containers.RepeatedCompositeFieldContainer[_runtime_agent_pb2.Problem]
    lost_features: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, session_id: _Optional[str] = ..., digest: _Optional[str] = ..., new_digest: _Optional[str] = ..., problems: _Optional[_Iterable[_Union[_runtime_agent_pb2.Problem, _Mapping]]] = ..., lost_features: _Optional[_Iterable[str]] = ...) -> None: ...

class PreviewAgentUpdateRequest(_message.Message):
    __slots__ = ("id", "agent", "update_mask", "page_size", "page_token")
    ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    id: str
    agent: _agent_pb2.AgentSpec
    update_mask: _field_mask_pb2.FieldMask
    page_size: int
    page_token: str
    def __init__(self, id: _Optional[str] = ..., agent: _Optional[_Union[_agent_pb2.AgentSpec, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class PreviewAgentUpdateResponse(_message.Message):
    __slots__ = ("agent", "sessions", "total_size", "examined", "changed", "broken", "stripped", "page_size", "next_page_token")
    AGENT_FIELD_NUMBER: _ClassVar[int]
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    EXAMINED_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    BROKEN_FIELD_NUMBER: _ClassVar[int]
    STRIPPED_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    agent: _agent_pb2.Agent
    sessions: _containers.RepeatedCompositeFieldContainer[SessionImpact]
    total_size: int
    examined: int
    changed: int
    broken: int
    stripped: int
    page_size: int
    next_page_token: str
    def __init__(self, agent: _Optional[_Union[_agent_pb2.Agent, _Mapping]] = ..., sessions: _Optional[_Iterable[_Union[SessionImpact, _Mapping]]] = ..., total_size: _Optional[int] = ..., examined: _Optional[int] = ..., changed: _Optional[int] = ..., broken: _Optional[int] = ..., stripped: _Optional[int] = ..., page_size: _Optional[int] = ..., next_page_token: _Optional[str] = ...) -> None: ...
