import datetime

from everruns.v1 import capability_pb2 as _capability_pb2
from everruns.v1 import error_reason_pb2 as _error_reason_pb2
from everruns.v1 import options_pb2 as _options_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.rpc import error_details_pb2 as _error_details_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ExportSessionsRequest(_message.Message):
    __slots__ = ("after_id",)
    AFTER_ID_FIELD_NUMBER: _ClassVar[int]
    after_id: str
    def __init__(self, after_id: _Optional[str] = ...) -> None: ...

class ExportSessionsResponse(_message.Message):
    __slots__ = ("data", "exported", "total")
    DATA_FIELD_NUMBER: _ClassVar[int]
    EXPORTED_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    exported: int
    total: int
    def __init__(self, data: _Optional[bytes] = ..., exported: _Optional[int] = ..., total: _Optional[int] = ...) -> None: ...

class ImportSessionsRequest(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...

class ImportSessionsResponse(_message.Message):
    __slots__ = ("created", "unchanged", "failed", "failures")
    CREATED_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    FAILURES_FIELD_NUMBER: _ClassVar[int]
    created: int
    unchanged: int
    failed: int
    failures: _containers.RepeatedCompositeFieldContainer[FailedLine]
    def __init__(self, created: _Optional[int] = ..., unchanged: _Optional[int] = ..., failed: _Optional[int] = ..., failures: _Optional[_Iterable[_Union[FailedLine, _Mapping]]] = ...) -> None: ...

class FailedLine(_message.Message):
    __slots__ = ("line", "reason", "message", "violations")
    LINE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    VIOLATIONS_FIELD_NUMBER: _ClassVar[int]
    line: int
    reason: _error_reason_pb2.ErrorReason
    message: str
    violations: _containers.RepeatedCompositeFieldContainer[_error_details_pb2.BadRequest.FieldViolation]
    def __init__(self, line: _Optional[int] = ..., reason: _Optional[_Union[_error_reason_pb2.ErrorReason, str]] = ..., message: _Optional[str] = ..., violations: _Optional[_Iterable[_Union[_error_details_pb2.BadRequest.FieldViolation, _Mapping]]] = ...) -> None: ...

class SessionLine(_message.Message):
    __slots__ = ("version", "session")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    version: int
    session: ExportedSession
    def __init__(self, version: _Optional[int] = ..., session: _Optional[_Union[ExportedSession, _Mapping]] = ...) -> None: ...

class ExportedSession(_message.Message):
    __slots__ = ("id", "agent_id", "title", "tags", "model_id", "capabilities", "status", "created_at", "updated_at", "expires_at", "pinned_agent_version", "created_agent_version")
    ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    PINNED_AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    CREATED_AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    id: str
    agent_id: str
    title: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    model_id: str
    capabilities: _containers.RepeatedCompositeFieldContainer[_capability_pb2.CapabilityConfig]
    status: str
    created_at: _timestamp_pb2.Timestamp
    updated_at: _timestamp_pb2.Timestamp
    expires_at: _timestamp_pb2.Timestamp
    pinned_agent_version: int
    created_agent_version: int
    def __init__(self, id: _Optional[str] = ..., agent_id: _Optional[str] = ..., title: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., model_id: _Optional[str] = ..., capabilities: _Optional[_Iterable[_Union[_capability_pb2.CapabilityConfig, _Mapping]]] = ..., status: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., pinned_agent_version: _Optional[int] = ..., created_agent_version: _Optional[int] = ...) -> None: ...
