import datetime

from everruns.v1 import capability_pb2 as _capability_pb2
from everruns.v1 import options_pb2 as _options_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SessionStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SESSION_STATUS_UNSPECIFIED: _ClassVar[SessionStatus]
    SESSION_STATUS_STARTED: _ClassVar[SessionStatus]
    SESSION_STATUS_ACTIVE: _ClassVar[SessionStatus]
    SESSION_STATUS_IDLE: _ClassVar[SessionStatus]

class AgentBinding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AGENT_BINDING_UNSPECIFIED: _ClassVar[AgentBinding]
    AGENT_BINDING_LATEST: _ClassVar[AgentBinding]
    AGENT_BINDING_PINNED: _ClassVar[AgentBinding]
SESSION_STATUS_UNSPECIFIED: SessionStatus
SESSION_STATUS_STARTED: SessionStatus
SESSION_STATUS_ACTIVE: SessionStatus
SESSION_STATUS_IDLE: SessionStatus
AGENT_BINDING_UNSPECIFIED: AgentBinding
AGENT_BINDING_LATEST: AgentBinding
AGENT_BINDING_PINNED: AgentBinding

class Session(_message.Message):
    __slots__ = ("id", "organization_id", "agent_id", "title", "tags", "model_id", "capabilities", "status", "features", "harness_id", "created_at", "updated_at", "is_pinned", "agent_binding", "pinned_agent_version", "created_agent_version")
    ID_FIELD_NUMBER: _ClassVar[int]
    ORGANIZATION_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    HARNESS_ID_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    IS_PINNED_FIELD_NUMBER: _ClassVar[int]
    AGENT_BINDING_FIELD_NUMBER: _ClassVar[int]
    PINNED_AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    CREATED_AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    id: str
    organization_id: str
    agent_id: str
    title: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    model_id: str
    capabilities: _containers.RepeatedCompositeFieldContainer[_capability_pb2.CapabilityConfig]
    status: SessionStatus
    features: _containers.RepeatedScalarFieldContainer[str]
    harness_id: str
    created_at: _timestamp_pb2.Timestamp
    updated_at: _timestamp_pb2.Timestamp
    is_pinned: bool
    agent_binding: AgentBinding
    pinned_agent_version: int
    created_agent_version: int
    def __init__(self, id: _Optional[str] = ..., organization_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., title: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., model_id: _Optional[str] = ..., capabilities: _Optional[_Iterable[_Union[_capability_pb2.CapabilityConfig, _Mapping]]] = ..., status: _Optional[_Union[SessionStatus, str]] = ..., features: _Optional[_Iterable[str]] = ..., harness_id: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., is_pinned: _Optional[bool] = ..., agent_binding: _Optional[_Union[AgentBinding, str]] = ..., pinned_agent_version: _Optional[int] = ..., created_agent_version: _Optional[int] = ...) -> None: ...

class SessionSpec(_message.Message):
    __slots__ = ("agent_id", "agent_name", "title", "tags", "model_id", "capabilities", "agent_binding", "pinned_agent_version")
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_NAME_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    AGENT_BINDING_FIELD_NUMBER: _ClassVar[int]
    PINNED_AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    agent_name: str
    title: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    model_id: str
    capabilities: _containers.RepeatedCompositeFieldContainer[_capability_pb2.CapabilityConfig]
    agent_binding: AgentBinding
    pinned_agent_version: int
    def __init__(self, agent_id: _Optional[str] = ..., agent_name: _Optional[str] = ..., title: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., model_id: _Optional[str] = ..., capabilities: _Optional[_Iterable[_Union[_capability_pb2.CapabilityConfig, _Mapping]]] = ..., agent_binding: _Optional[_Union[AgentBinding, str]] = ..., pinned_agent_version: _Optional[int] = ...) -> None: ...
