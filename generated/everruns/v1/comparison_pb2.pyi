from everruns.v1 import explanation_pb2 as _explanation_pb2
from everruns.v1 import runtime_agent_pb2 as _runtime_agent_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Change(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHANGE_UNSPECIFIED: _ClassVar[Change]
    CHANGE_ADDED: _ClassVar[Change]
    CHANGE_REMOVED: _ClassVar[Change]
    CHANGE_MOVED: _ClassVar[Change]
    CHANGE_CHANGED: _ClassVar[Change]
CHANGE_UNSPECIFIED: Change
CHANGE_ADDED: Change
CHANGE_REMOVED: Change
CHANGE_MOVED: Change
CHANGE_CHANGED: Change

class Comparison(_message.Message):
    __slots__ = ("a", "b", "capabilities", "config", "tools", "features", "prompt", "model", "max_iterations", "problems")
    A_FIELD_NUMBER: _ClassVar[int]
    B_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    TOOLS_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    MAX_ITERATIONS_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    a: ComparedSession
    b: ComparedSession
    capabilities: _containers.RepeatedCompositeFieldContainer[CapabilityDifference]
    config: _containers.RepeatedCompositeFieldContainer[ConfigDifference]
    tools: _containers.RepeatedCompositeFieldContainer[ToolDifference]
    features: _containers.RepeatedCompositeFieldContainer[FeatureDifference]
    prompt: _containers.RepeatedCompositeFieldContainer[PromptDifference]
    model: ModelDifference
    max_iterations: IterationsDifference
    problems: _containers.RepeatedCompositeFieldContainer[ProblemDifference]
    def __init__(self, a: _Optional[_Union[ComparedSession, _Mapping]] = ..., b: _Optional[_Union[ComparedSession, _Mapping]] = ..., capabilities: _Optional[_Iterable[_Union[CapabilityDifference, _Mapping]]] = ..., config: _Optional[_Iterable[_Union[ConfigDifference, _Mapping]]] = ..., tools: _Optional[_Iterable[_Union[ToolDifference, _Mapping]]] = ..., features: _Optional[_Iterable[_Union[FeatureDifference, _Mapping]]] = ..., prompt: _Optional[_Iterable[_Union[PromptDifference, _Mapping]]] = ..., model: _Optional[_Union[ModelDifference, _Mapping]] = ..., max_iterations: _Optional[_Union[IterationsDifference, _Mapping]] = ..., problems: _Optional[_Iterable[_Union[ProblemDifference, _Mapping]]] = ...) -> None: ...

class ComparedSession(_message.Message):
    __slots__ = ("session_id", "agent_id", "digest")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    agent_id: str
    digest: str
    def __init__(self, session_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., digest: _Optional[str] = ...) -> None: ...

class CapabilityDifference(_message.Message):
    __slots__ = ("ref", "changes", "a", "b")
    REF_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    A_FIELD_NUMBER: _ClassVar[int]
    B_FIELD_NUMBER: _ClassVar[int]
    ref: str
    changes: _containers.RepeatedScalarFieldContainer[Change]
    a: _explanation_pb2.ExplainedCapability
    b: _explanation_pb2.ExplainedCapability
    def __init__(self, ref: _Optional[str] = ..., changes: _Optional[_Iterable[_Union[Change, str]]] = ..., a: _Optional[_Union[_explanation_pb2.ExplainedCapability, _Mapping]] = ..., b: _Optional[_Union[_explanation_pb2.ExplainedCapability, _Mapping]] = ...) -> None: ...

class ConfigDifference(_message.Message):
    __slots__ = ("ref", "path", "changes", "a", "b")
    REF_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    A_FIELD_NUMBER: _ClassVar[int]
    B_FIELD_NUMBER: _ClassVar[int]
    ref: str
    path: str
    changes: _containers.RepeatedScalarFieldContainer[Change]
    a: _explanation_pb2.ExplainedLeaf
    b: _explanation_pb2.ExplainedLeaf
    def __init__(self, ref: _Optional[str] = ..., path: _Optional[str] = ..., changes: _Optional[_Iterable[_Union[Change, str]]] = ..., a: _Optional[_Union[_explanation_pb2.ExplainedLeaf, _Mapping]] = ..., b: _Optional[_Union[_explanation_pb2.ExplainedLeaf, _Mapping]] = ...) -> None: ...

class ToolDifference(_message.Message):
    __slots__ = ("name", "changes", "a", "b")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    A_FIELD_NUMBER: _ClassVar[int]
    B_FIELD_NUMBER: _ClassVar[int]
    name: str
    changes: _containers.RepeatedScalarFieldContainer[Change]
    a: _explanation_pb2.ExplainedTool
    b: _explanation_pb2.ExplainedTool
    def __init__(self, name: _Optional[str] = ..., changes: _Optional[_Iterable[_Union[Change, str]]] = ..., a: _Optional[_Union[_explanation_pb2.ExplainedTool, _Mapping]] = ..., b: _Optional[_Union[_explanation_pb2.ExplainedTool, _Mapping]] = ...) -> None: ...

class FeatureDifference(_message.Message):
    __slots__ = ("name", "changes", "a", "b")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    A_FIELD_NUMBER: _ClassVar[int]
    B_FIELD_NUMBER: _ClassVar[int]
    name: str
    changes: _containers.RepeatedScalarFieldContainer[Change]
    a: _explanation_pb2.ExplainedFeature
    b: _explanation_pb2.ExplainedFeature
    def __init__(self, name: _Optional[str] = ..., changes: _Optional[_Iterable[_Union[Change, str]]] = ..., a: _Optional[_Union[_explanation_pb2.ExplainedFeature, _Mapping]] = ..., b: _Optional[_Union[_explanation_pb2.ExplainedFeature, _Mapping]] = ...) -> None: ...

class PromptDifference(_message.Message):
    __slots__ = ("capability", "changes", "a", "b")
    CAPABILITY_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    A_FIELD_NUMBER: _ClassVar[int]
    B_FIELD_NUMBER: _ClassVar[int]
    capability: str
    changes: _containers.RepeatedScalarFieldContainer[Change]
    a: _explanation_pb2.PromptPart
    b: _explanation_pb2.PromptPart
    def __init__(self, capability: _Optional[str] = ..., changes: _Optional[_Iterable[_Union[Change, str]]] = ..., a: _Optional[_Union[_explanation_pb2.PromptPart, _Mapping]] = ..., b: _Optional[_Union[_explanation_pb2.PromptPart, _Mapping]] = ...) -> None: ...

class ModelDifference(_message.Message):
    __slots__ = ("a", "b")
    A_FIELD_NUMBER: _ClassVar[int]
    B_FIELD_NUMBER: _ClassVar[int]
    a: _explanation_pb2.ExplainedModel
    b: _explanation_pb2.ExplainedModel
    def __init__(self, a: _Optional[_Union[_explanation_pb2.ExplainedModel, _Mapping]] = ..., b: _Optional[_Union[_explanation_pb2.ExplainedModel, _Mapping]] = ...) -> None: ...

class IterationsDifference(_message.Message):
    __slots__ = ("a", "b")
    A_FIELD_NUMBER: _ClassVar[int]
    B_FIELD_NUMBER: _ClassVar[int]
    a: _explanation_pb2.ExplainedIterations
    b: _explanation_pb2.ExplainedIterations
    def __init__(self, a: _Optional[_Union[_explanation_pb2.ExplainedIterations, _Mapping]] = ..., b: _Optional[_Union[_explanation_pb2.ExplainedIterations, _Mapping]] = ...) -> None: ...

class ProblemDifference(_message.Message):
    __slots__ = ("changes", "a", "b")
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    A_FIELD_NUMBER: _ClassVar[int]
    B_FIELD_NUMBER: _ClassVar[int]
    changes: _containers.RepeatedScalarFieldContainer[Change]
    a: _runtime_agent_pb2.Problem
    b: _runtime_agent_pb2.Problem
    def __init__(self, changes: _Optional[_Iterable[_Union[Change, str]]] = ..., a: _Optional[_Union[_runtime_agent_pb2.Problem, _Mapping]] = ..., b: _Optional[_Union[_runtime_agent_pb2.Problem, _Mapping]] = ...) -> None: ...
