from everruns.v1 import runtime_agent_pb2 as _runtime_agent_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Rule(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RULE_UNSPECIFIED: _ClassVar[Rule]
    RULE_FIRST_PLACE: _ClassVar[Rule]
    RULE_DEPENDENCY: _ClassVar[Rule]
    RULE_DEFAULT: _ClassVar[Rule]
    RULE_MERGE_PATCH: _ClassVar[Rule]
    RULE_LOCK: _ClassVar[Rule]
    RULE_FIRST_TOOL: _ClassVar[Rule]
    RULE_UNION: _ClassVar[Rule]
    RULE_CAPABILITY_ORDER: _ClassVar[Rule]
    RULE_AGENT_TEXT_LAST: _ClassVar[Rule]
    RULE_SESSION_OVER_AGENT: _ClassVar[Rule]
    RULE_AGENT_OVER_SERVER: _ClassVar[Rule]
    RULE_SERVER_DEFAULT: _ClassVar[Rule]
    RULE_UNSET: _ClassVar[Rule]
    RULE_AGENT_ALONE: _ClassVar[Rule]
    RULE_EXCLUDED: _ClassVar[Rule]
    RULE_NO_LONGER_NEEDED: _ClassVar[Rule]
    RULE_UNKNOWN: _ClassVar[Rule]
    RULE_NOT_AVAILABLE: _ClassVar[Rule]
    RULE_REPEATED: _ClassVar[Rule]
RULE_UNSPECIFIED: Rule
RULE_FIRST_PLACE: Rule
RULE_DEPENDENCY: Rule
RULE_DEFAULT: Rule
RULE_MERGE_PATCH: Rule
RULE_LOCK: Rule
RULE_FIRST_TOOL: Rule
RULE_UNION: Rule
RULE_CAPABILITY_ORDER: Rule
RULE_AGENT_TEXT_LAST: Rule
RULE_SESSION_OVER_AGENT: Rule
RULE_AGENT_OVER_SERVER: Rule
RULE_SERVER_DEFAULT: Rule
RULE_UNSET: Rule
RULE_AGENT_ALONE: Rule
RULE_EXCLUDED: Rule
RULE_NO_LONGER_NEEDED: Rule
RULE_UNKNOWN: Rule
RULE_NOT_AVAILABLE: Rule
RULE_REPEATED: Rule

class Explanation(_message.Message):
    __slots__ = ("session_id", "agent_id", "digest", "capabilities", "left_out", "tools", "features", "prompt", "model", "max_iterations", "problems")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    TOOLS_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    MAX_ITERATIONS_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    agent_id: str
    digest: str
    capabilities: _containers.RepeatedCompositeFieldContainer[ExplainedCapability]
    left_out: _containers.RepeatedCompositeFieldContainer[LeftOut]
    tools: _containers.RepeatedCompositeFieldContainer[ExplainedTool]
    features: _containers.RepeatedCompositeFieldContainer[ExplainedFeature]
    prompt: _containers.RepeatedCompositeFieldContainer[PromptPart]
    model: ExplainedModel
    max_iterations: ExplainedIterations
    problems: _containers.RepeatedCompositeFieldContainer[_runtime_agent_pb2.Problem]
    def __init__(self, session_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., digest: _Optional[str] = ..., capabilities: _Optional[_Iterable[_Union[ExplainedCapability, _Mapping]]] = ..., left_out: _Optional[_Iterable[_Union[LeftOut, _Mapping]]] = ..., tools: _Optional[_Iterable[_Union[ExplainedTool, _Mapping]]] = ..., features: _Optional[_Iterable[_Union[ExplainedFeature, _Mapping]]] = ..., prompt: _Optional[_Iterable[_Union[PromptPart, _Mapping]]] = ..., model: _Optional[_Union[ExplainedModel, _Mapping]] = ..., max_iterations: _Optional[_Union[ExplainedIterations, _Mapping]] = ..., problems: _Optional[_Iterable[_Union[_runtime_agent_pb2.Problem, _Mapping]]] = ...) -> None: ...

class EntryReference(_message.Message):
    __slots__ = ("layer", "path")
    LAYER_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    layer: _runtime_agent_pb2.Layer
    path: str
    def __init__(self, layer: _Optional[_Union[_runtime_agent_pb2.Layer, str]] = ..., path: _Optional[str] = ...) -> None: ...

class ExplainedCapability(_message.Message):
    __slots__ = ("ref", "source", "rule", "brought_by", "named_by", "needed_by", "config", "locked", "kept_out")
    REF_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    BROUGHT_BY_FIELD_NUMBER: _ClassVar[int]
    NAMED_BY_FIELD_NUMBER: _ClassVar[int]
    NEEDED_BY_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    LOCKED_FIELD_NUMBER: _ClassVar[int]
    KEPT_OUT_FIELD_NUMBER: _ClassVar[int]
    ref: str
    source: _runtime_agent_pb2.CapabilitySource
    rule: Rule
    brought_by: EntryReference
    named_by: _containers.RepeatedCompositeFieldContainer[EntryReference]
    needed_by: _containers.RepeatedCompositeFieldContainer[Chain]
    config: _containers.RepeatedCompositeFieldContainer[ExplainedLeaf]
    locked: _containers.RepeatedCompositeFieldContainer[Lock]
    kept_out: _containers.RepeatedCompositeFieldContainer[KeptOut]
    def __init__(self, ref: _Optional[str] = ..., source: _Optional[_Union[_runtime_agent_pb2.CapabilitySource, str]] = ..., rule: _Optional[_Union[Rule, str]] = ..., brought_by: _Optional[_Union[EntryReference, _Mapping]] = ..., named_by: _Optional[_Iterable[_Union[EntryReference, _Mapping]]] = ..., needed_by: _Optional[_Iterable[_Union[Chain, _Mapping]]] = ..., config: _Optional[_Iterable[_Union[ExplainedLeaf, _Mapping]]] = ..., locked: _Optional[_Iterable[_Union[Lock, _Mapping]]] = ..., kept_out: _Optional[_Iterable[_Union[KeptOut, _Mapping]]] = ...) -> None: ...

class Chain(_message.Message):
    __slots__ = ("refs",)
    REFS_FIELD_NUMBER: _ClassVar[int]
    refs: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, refs: _Optional[_Iterable[str]] = ...) -> None: ...

class ExplainedLeaf(_message.Message):
    __slots__ = ("path", "layer", "value", "overridden", "rule")
    PATH_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    OVERRIDDEN_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    path: str
    layer: _runtime_agent_pb2.Layer
    value: _struct_pb2.Value
    overridden: _containers.RepeatedCompositeFieldContainer[_runtime_agent_pb2.Overridden]
    rule: Rule
    def __init__(self, path: _Optional[str] = ..., layer: _Optional[_Union[_runtime_agent_pb2.Layer, str]] = ..., value: _Optional[_Union[_struct_pb2.Value, _Mapping]] = ..., overridden: _Optional[_Iterable[_Union[_runtime_agent_pb2.Overridden, _Mapping]]] = ..., rule: _Optional[_Union[Rule, str]] = ...) -> None: ...

class Lock(_message.Message):
    __slots__ = ("path", "layer")
    PATH_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    path: str
    layer: _runtime_agent_pb2.Layer
    def __init__(self, path: _Optional[str] = ..., layer: _Optional[_Union[_runtime_agent_pb2.Layer, str]] = ...) -> None: ...

class KeptOut(_message.Message):
    __slots__ = ("path", "layer", "value", "lock")
    PATH_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    LOCK_FIELD_NUMBER: _ClassVar[int]
    path: str
    layer: _runtime_agent_pb2.Layer
    value: _struct_pb2.Value
    lock: Lock
    def __init__(self, path: _Optional[str] = ..., layer: _Optional[_Union[_runtime_agent_pb2.Layer, str]] = ..., value: _Optional[_Union[_struct_pb2.Value, _Mapping]] = ..., lock: _Optional[_Union[Lock, _Mapping]] = ...) -> None: ...

class LeftOut(_message.Message):
    __slots__ = ("ref", "rule", "entry", "excluded_by", "chain")
    REF_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    EXCLUDED_BY_FIELD_NUMBER: _ClassVar[int]
    CHAIN_FIELD_NUMBER: _ClassVar[int]
    ref: str
    rule: Rule
    entry: EntryReference
    excluded_by: EntryReference
    chain: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, ref: _Optional[str] = ..., rule: _Optional[_Union[Rule, str]] = ..., entry: _Optional[_Union[EntryReference, _Mapping]] = ..., excluded_by: _Optional[_Union[EntryReference, _Mapping]] = ..., chain: _Optional[_Iterable[str]] = ...) -> None: ...

class ExplainedTool(_message.Message):
    __slots__ = ("name", "capability", "brought_by", "rule", "beaten")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CAPABILITY_FIELD_NUMBER: _ClassVar[int]
    BROUGHT_BY_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    BEATEN_FIELD_NUMBER: _ClassVar[int]
    name: str
    capability: str
    brought_by: EntryReference
    rule: Rule
    beaten: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., capability: _Optional[str] = ..., brought_by: _Optional[_Union[EntryReference, _Mapping]] = ..., rule: _Optional[_Union[Rule, str]] = ..., beaten: _Optional[_Iterable[str]] = ...) -> None: ...

class ExplainedFeature(_message.Message):
    __slots__ = ("name", "capability", "brought_by", "rule", "also")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CAPABILITY_FIELD_NUMBER: _ClassVar[int]
    BROUGHT_BY_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    ALSO_FIELD_NUMBER: _ClassVar[int]
    name: str
    capability: str
    brought_by: EntryReference
    rule: Rule
    also: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., capability: _Optional[str] = ..., brought_by: _Optional[_Union[EntryReference, _Mapping]] = ..., rule: _Optional[_Union[Rule, str]] = ..., also: _Optional[_Iterable[str]] = ...) -> None: ...

class PromptPart(_message.Message):
    __slots__ = ("capability", "brought_by", "rule", "text")
    CAPABILITY_FIELD_NUMBER: _ClassVar[int]
    BROUGHT_BY_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    capability: str
    brought_by: EntryReference
    rule: Rule
    text: str
    def __init__(self, capability: _Optional[str] = ..., brought_by: _Optional[_Union[EntryReference, _Mapping]] = ..., rule: _Optional[_Union[Rule, str]] = ..., text: _Optional[str] = ...) -> None: ...

class ExplainedModel(_message.Message):
    __slots__ = ("model", "source", "rule", "overridden")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    OVERRIDDEN_FIELD_NUMBER: _ClassVar[int]
    model: str
    source: _runtime_agent_pb2.ModelSource
    rule: Rule
    overridden: _containers.RepeatedCompositeFieldContainer[OverriddenModel]
    def __init__(self, model: _Optional[str] = ..., source: _Optional[_Union[_runtime_agent_pb2.ModelSource, str]] = ..., rule: _Optional[_Union[Rule, str]] = ..., overridden: _Optional[_Iterable[_Union[OverriddenModel, _Mapping]]] = ...) -> None: ...

class OverriddenModel(_message.Message):
    __slots__ = ("source", "model")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    source: _runtime_agent_pb2.ModelSource
    model: str
    def __init__(self, source: _Optional[_Union[_runtime_agent_pb2.ModelSource, str]] = ..., model: _Optional[str] = ...) -> None: ...

class ExplainedIterations(_message.Message):
    __slots__ = ("max_iterations", "layer", "rule")
    MAX_ITERATIONS_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    max_iterations: int
    layer: _runtime_agent_pb2.Layer
    rule: Rule
    def __init__(self, max_iterations: _Optional[int] = ..., layer: _Optional[_Union[_runtime_agent_pb2.Layer, str]] = ..., rule: _Optional[_Union[Rule, str]] = ...) -> None: ...
