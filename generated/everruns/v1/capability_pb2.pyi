from everruns.v1 import options_pb2 as _options_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CapabilityStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAPABILITY_STATUS_UNSPECIFIED: _ClassVar[CapabilityStatus]
    CAPABILITY_STATUS_AVAILABLE: _ClassVar[CapabilityStatus]
    CAPABILITY_STATUS_DEPRECATED: _ClassVar[CapabilityStatus]
    CAPABILITY_STATUS_COMING_SOON: _ClassVar[CapabilityStatus]

class CapabilityMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAPABILITY_MODE_UNSPECIFIED: _ClassVar[CapabilityMode]
    CAPABILITY_MODE_INCLUDE: _ClassVar[CapabilityMode]
    CAPABILITY_MODE_EXCLUDE: _ClassVar[CapabilityMode]
CAPABILITY_STATUS_UNSPECIFIED: CapabilityStatus
CAPABILITY_STATUS_AVAILABLE: CapabilityStatus
CAPABILITY_STATUS_DEPRECATED: CapabilityStatus
CAPABILITY_STATUS_COMING_SOON: CapabilityStatus
CAPABILITY_MODE_UNSPECIFIED: CapabilityMode
CAPABILITY_MODE_INCLUDE: CapabilityMode
CAPABILITY_MODE_EXCLUDE: CapabilityMode

class ToolDefinition(_message.Message):
    __slots__ = ("name", "description", "parameters")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    name: str
    description: str
    parameters: _struct_pb2.Struct
    def __init__(self, name: _Optional[str] = ..., description: _Optional[str] = ..., parameters: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class Capability(_message.Message):
    __slots__ = ("id", "name", "description", "status", "icon", "category", "dependencies", "features", "conflicts_with", "system_prompt", "tool_definitions", "config_schema", "default_config")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    ICON_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    DEPENDENCIES_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    CONFLICTS_WITH_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_PROMPT_FIELD_NUMBER: _ClassVar[int]
    TOOL_DEFINITIONS_FIELD_NUMBER: _ClassVar[int]
    CONFIG_SCHEMA_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_CONFIG_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    description: str
    status: CapabilityStatus
    icon: str
    category: str
    dependencies: _containers.RepeatedScalarFieldContainer[str]
    features: _containers.RepeatedScalarFieldContainer[str]
    conflicts_with: _containers.RepeatedScalarFieldContainer[str]
    system_prompt: str
    tool_definitions: _containers.RepeatedCompositeFieldContainer[ToolDefinition]
    config_schema: _struct_pb2.Struct
    default_config: _struct_pb2.Struct
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., description: _Optional[str] = ..., status: _Optional[_Union[CapabilityStatus, str]] = ..., icon: _Optional[str] = ..., category: _Optional[str] = ..., dependencies: _Optional[_Iterable[str]] = ..., features: _Optional[_Iterable[str]] = ..., conflicts_with: _Optional[_Iterable[str]] = ..., system_prompt: _Optional[str] = ..., tool_definitions: _Optional[_Iterable[_Union[ToolDefinition, _Mapping]]] = ..., config_schema: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., default_config: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class CapabilityConfig(_message.Message):
    __slots__ = ("ref", "config", "mode", "locked")
    REF_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    LOCKED_FIELD_NUMBER: _ClassVar[int]
    ref: str
    config: _struct_pb2.Struct
    mode: CapabilityMode
    locked: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, ref: _Optional[str] = ..., config: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., mode: _Optional[_Union[CapabilityMode, str]] = ..., locked: _Optional[_Iterable[str]] = ...) -> None: ...
