from everruns.v1 import options_pb2 as _options_pb2
from everruns.v1 import runtime_agent_pb2 as _runtime_agent_pb2
from everruns.v1 import turn_pb2 as _turn_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BeginTurnRequest(_message.Message):
    __slots__ = ("session_id", "worker", "lease_seconds", "request_id")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    WORKER_FIELD_NUMBER: _ClassVar[int]
    LEASE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    worker: str
    lease_seconds: int
    request_id: str
    def __init__(self, session_id: _Optional[str] = ..., worker: _Optional[str] = ..., lease_seconds: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class BeginTurnResponse(_message.Message):
    __slots__ = ("turn", "runtime_agent")
    TURN_FIELD_NUMBER: _ClassVar[int]
    RUNTIME_AGENT_FIELD_NUMBER: _ClassVar[int]
    turn: _turn_pb2.Turn
    runtime_agent: _runtime_agent_pb2.RuntimeAgent
    def __init__(self, turn: _Optional[_Union[_turn_pb2.Turn, _Mapping]] = ..., runtime_agent: _Optional[_Union[_runtime_agent_pb2.RuntimeAgent, _Mapping]] = ...) -> None: ...

class HeartbeatTurnRequest(_message.Message):
    __slots__ = ("session_id", "id", "fencing_token", "lease_seconds")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    FENCING_TOKEN_FIELD_NUMBER: _ClassVar[int]
    LEASE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    id: str
    fencing_token: int
    lease_seconds: int
    def __init__(self, session_id: _Optional[str] = ..., id: _Optional[str] = ..., fencing_token: _Optional[int] = ..., lease_seconds: _Optional[int] = ...) -> None: ...

class EndTurnRequest(_message.Message):
    __slots__ = ("session_id", "id", "fencing_token", "outcome", "error")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    FENCING_TOKEN_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    id: str
    fencing_token: int
    outcome: _turn_pb2.TurnOutcome
    error: str
    def __init__(self, session_id: _Optional[str] = ..., id: _Optional[str] = ..., fencing_token: _Optional[int] = ..., outcome: _Optional[_Union[_turn_pb2.TurnOutcome, str]] = ..., error: _Optional[str] = ...) -> None: ...

class GetTurnRequest(_message.Message):
    __slots__ = ("session_id", "id")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    id: str
    def __init__(self, session_id: _Optional[str] = ..., id: _Optional[str] = ...) -> None: ...

class ListTurnsRequest(_message.Message):
    __slots__ = ("session_id", "page_size", "page_token", "skip")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SKIP_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    page_size: int
    page_token: str
    skip: int
    def __init__(self, session_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., skip: _Optional[int] = ...) -> None: ...

class ListTurnsResponse(_message.Message):
    __slots__ = ("turns", "total_size", "skip", "page_size", "next_page_token")
    TURNS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    SKIP_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    turns: _containers.RepeatedCompositeFieldContainer[_turn_pb2.Turn]
    total_size: int
    skip: int
    page_size: int
    next_page_token: str
    def __init__(self, turns: _Optional[_Iterable[_Union[_turn_pb2.Turn, _Mapping]]] = ..., total_size: _Optional[int] = ..., skip: _Optional[int] = ..., page_size: _Optional[int] = ..., next_page_token: _Optional[str] = ...) -> None: ...
