from everruns.v1 import options_pb2 as _options_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Layer(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LAYER_UNSPECIFIED: _ClassVar[Layer]
    LAYER_DEFAULT: _ClassVar[Layer]
    LAYER_BASE: _ClassVar[Layer]
    LAYER_AGENT: _ClassVar[Layer]
    LAYER_SESSION: _ClassVar[Layer]

class CapabilitySource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAPABILITY_SOURCE_UNSPECIFIED: _ClassVar[CapabilitySource]
    CAPABILITY_SOURCE_BASE: _ClassVar[CapabilitySource]
    CAPABILITY_SOURCE_AGENT: _ClassVar[CapabilitySource]
    CAPABILITY_SOURCE_SESSION: _ClassVar[CapabilitySource]
    CAPABILITY_SOURCE_DEPENDENCY: _ClassVar[CapabilitySource]

class ModelSource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MODEL_SOURCE_UNSPECIFIED: _ClassVar[ModelSource]
    MODEL_SOURCE_SESSION: _ClassVar[ModelSource]
    MODEL_SOURCE_AGENT: _ClassVar[ModelSource]
    MODEL_SOURCE_SERVER: _ClassVar[ModelSource]
    MODEL_SOURCE_UNSET: _ClassVar[ModelSource]

class Severity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SEVERITY_UNSPECIFIED: _ClassVar[Severity]
    SEVERITY_ERROR: _ClassVar[Severity]
    SEVERITY_WARNING: _ClassVar[Severity]
LAYER_UNSPECIFIED: Layer
LAYER_DEFAULT: Layer
LAYER_BASE: Layer
LAYER_AGENT: Layer
LAYER_SESSION: Layer
CAPABILITY_SOURCE_UNSPECIFIED: CapabilitySource
CAPABILITY_SOURCE_BASE: CapabilitySource
CAPABILITY_SOURCE_AGENT: CapabilitySource
CAPABILITY_SOURCE_SESSION: CapabilitySource
CAPABILITY_SOURCE_DEPENDENCY: CapabilitySource
MODEL_SOURCE_UNSPECIFIED: ModelSource
MODEL_SOURCE_SESSION: ModelSource
MODEL_SOURCE_AGENT: ModelSource
MODEL_SOURCE_SERVER: ModelSource
MODEL_SOURCE_UNSET: ModelSource
SEVERITY_UNSPECIFIED: Severity
SEVERITY_ERROR: Severity
SEVERITY_WARNING: Severity

class RuntimeAgent(_message.Message):
    __slots__ = ("session_id", "agent_id", "system_prompt", "model", "model_source", "max_iterations", "capabilities", "tools", "features", "problems", "digest")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_PROMPT_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    MODEL_SOURCE_FIELD_NUMBER: _ClassVar[int]
    MAX_ITERATIONS_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    TOOLS_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    agent_id: str
    system_prompt: str
    model: str
    model_source: ModelSource
    max_iterations: int
    capabilities: _containers.RepeatedCompositeFieldContainer[ResolvedCapability]
    tools: _containers.RepeatedCompositeFieldContainer[RuntimeTool]
    features: _containers.RepeatedScalarFieldContainer[str]
    problems: _containers.RepeatedCompositeFieldContainer[Problem]
    digest: str
    def __init__(self, session_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., system_prompt: _Optional[str] = ..., model: _Optional[str] = ..., model_source: _Optional[_Union[ModelSource, str]] = ..., max_iterations: _Optional[int] = ..., capabilities: _Optional[_Iterable[_Union[ResolvedCapability, _Mapping]]] = ..., tools: _Optional[_Iterable[_Union[RuntimeTool, _Mapping]]] = ..., features: _Optional[_Iterable[str]] = ..., problems: _Optional[_Iterable[_Union[Problem, _Mapping]]] = ..., digest: _Optional[str] = ...) -> None: ...

class ResolvedCapability(_message.Message):
    __slots__ = ("ref", "config", "source", "required_by", "provenance")
    REF_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_BY_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    ref: str
    config: _struct_pb2.Struct
    source: CapabilitySource
    required_by: _containers.RepeatedScalarFieldContainer[str]
    provenance: _containers.RepeatedCompositeFieldContainer[Provenance]
    def __init__(self, ref: _Optional[str] = ..., config: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., source: _Optional[_Union[CapabilitySource, str]] = ..., required_by: _Optional[_Iterable[str]] = ..., provenance: _Optional[_Iterable[_Union[Provenance, _Mapping]]] = ...) -> None: ...

class Provenance(_message.Message):
    __slots__ = ("path", "layer", "value", "overridden")
    PATH_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    OVERRIDDEN_FIELD_NUMBER: _ClassVar[int]
    path: str
    layer: Layer
    value: _struct_pb2.Value
    overridden: _containers.RepeatedCompositeFieldContainer[Overridden]
    def __init__(self, path: _Optional[str] = ..., layer: _Optional[_Union[Layer, str]] = ..., value: _Optional[_Union[_struct_pb2.Value, _Mapping]] = ..., overridden: _Optional[_Iterable[_Union[Overridden, _Mapping]]] = ...) -> None: ...

class Overridden(_message.Message):
    __slots__ = ("layer", "value")
    LAYER_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    layer: Layer
    value: _struct_pb2.Value
    def __init__(self, layer: _Optional[_Union[Layer, str]] = ..., value: _Optional[_Union[_struct_pb2.Value, _Mapping]] = ...) -> None: ...

class RuntimeTool(_message.Message):
    __slots__ = ("name", "description", "parameters", "capability")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    CAPABILITY_FIELD_NUMBER: _ClassVar[int]
    name: str
    description: str
    parameters: _struct_pb2.Struct
    capability: str
    def __init__(self, name: _Optional[str] = ..., description: _Optional[str] = ..., parameters: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., capability: _Optional[str] = ...) -> None: ...

class Problem(_message.Message):
    __slots__ = ("reason", "path", "message", "severity")
    REASON_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    reason: str
    path: str
    message: str
    severity: Severity
    def __init__(self, reason: _Optional[str] = ..., path: _Optional[str] = ..., message: _Optional[str] = ..., severity: _Optional[_Union[Severity, str]] = ...) -> None: ...
