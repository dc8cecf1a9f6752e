from everruns.v1 import agent_version_pb2 as _agent_version_pb2
from everruns.v1 import comparison_pb2 as _comparison_pb2
from everruns.v1 import options_pb2 as _options_pb2
from everruns.v1 import session_pb2 as _session_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DriftSource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DRIFT_SOURCE_UNSPECIFIED: _ClassVar[DriftSource]
    DRIFT_SOURCE_AGENT: _ClassVar[DriftSource]
    DRIFT_SOURCE_SERVER: _ClassVar[DriftSource]
DRIFT_SOURCE_UNSPECIFIED: DriftSource
DRIFT_SOURCE_AGENT: DriftSource
DRIFT_SOURCE_SERVER: DriftSource

class SessionDrift(_message.Message):
    __slots__ = ("session_id", "agent_id", "created_agent_version", "current_agent_version", "latest_agent_version", "agent_binding", "server_recorded", "sources", "agent_changes", "changed_capabilities", "differences")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    CREATED_AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    CURRENT_AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    LATEST_AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    AGENT_BINDING_FIELD_NUMBER: _ClassVar[int]
    SERVER_RECORDED_FIELD_NUMBER: _ClassVar[int]
    SOURCES_FIELD_NUMBER: _ClassVar[int]
    AGENT_CHANGES_FIELD_NUMBER: _ClassVar[int]
    CHANGED_CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCES_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    agent_id: str
    created_agent_version: int
    current_agent_version: int
    latest_agent_version: int
    agent_binding: _session_pb2.AgentBinding
    server_recorded: bool
    sources: _containers.RepeatedScalarFieldContainer[DriftSource]
    agent_changes: _containers.RepeatedCompositeFieldContainer[_agent_version_pb2.AgentChange]
    changed_capabilities: _containers.RepeatedScalarFieldContainer[str]
    differences: _comparison_pb2.Comparison
    def __init__(self, session_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., created_agent_version: _Optional[int] = ..., current_agent_version: _Optional[int] = ..., latest_agent_version: _Optional[int] = ..., agent_binding: _Optional[_Union[_session_pb2.AgentBinding, str]] = ..., server_recorded: _Optional[bool] = ..., sources: _Optional[_Iterable[_Union[DriftSource, str]]] = ..., agent_changes: _Optional[_Iterable[_Union[_agent_version_pb2.AgentChange, _Mapping]]] = ..., changed_capabilities: _Optional[_Iterable[str]] = ..., differences: _Optional[_Union[_comparison_pb2.Comparison, _Mapping]] = ...) -> None: ...

class GetSessionDriftRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...
