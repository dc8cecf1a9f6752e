from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.rpc import code_pb2 as _code_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor
EXACTLY_ONE_OF_FIELD_NUMBER: _ClassVar[int]
exactly_one_of: _descriptor.FieldDescriptor
EXAMPLES_FIELD_NUMBER: _ClassVar[int]
examples: _descriptor.FieldDescriptor
ANSWERED_DOCUMENT_FIELD_NUMBER: _ClassVar[int]
answered_document: _descriptor.FieldDescriptor
LIMITS_FIELD_NUMBER: _ClassVar[int]
limits: _descriptor.FieldDescriptor
JSON_ALIAS_FIELD_NUMBER: _ClassVar[int]
json_alias: _descriptor.FieldDescriptor
ALWAYS_UNSET_FIELD_NUMBER: _ClassVar[int]
always_unset: _descriptor.FieldDescriptor
PERHAPS_UNSET_FIELD_NUMBER: _ClassVar[int]
perhaps_unset: _descriptor.FieldDescriptor
EXAMPLE_FIELD_NUMBER: _ClassVar[int]
example: _descriptor.FieldDescriptor
SHOWN_WHEN_SET_FIELD_NUMBER: _ClassVar[int]
shown_when_set: _descriptor.FieldDescriptor
NOT_WITH_FIELD_NUMBER: _ClassVar[int]
not_with: _descriptor.FieldDescriptor
DOCUMENT_FORM_FIELD_NUMBER: _ClassVar[int]
document_form: _descriptor.FieldDescriptor
CODE_FIELD_NUMBER: _ClassVar[int]
code: _descriptor.FieldDescriptor
HTTP_STATUS_FIELD_NUMBER: _ClassVar[int]
http_status: _descriptor.FieldDescriptor
WITHOUT_FIELD_NUMBER: _ClassVar[int]
without: _descriptor.FieldDescriptor

class FieldLimits(_message.Message):
    __slots__ = ("min_length", "max_length", "max_bytes", "max_items", "pattern", "minimum", "maximum", "id_of", "max_depth")
    MIN_LENGTH_FIELD_NUMBER: _ClassVar[int]
    MAX_LENGTH_FIELD_NUMBER: _ClassVar[int]
    MAX_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_ITEMS_FIELD_NUMBER: _ClassVar[int]
    PATTERN_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_FIELD_NUMBER: _ClassVar[int]
    MAXIMUM_FIELD_NUMBER: _ClassVar[int]
    ID_OF_FIELD_NUMBER: _ClassVar[int]
    MAX_DEPTH_FIELD_NUMBER: _ClassVar[int]
    min_length: int
    max_length: int
    max_bytes: int
    max_items: int
    pattern: str
    minimum: int
    maximum: int
    id_of: str
    max_depth: int
    def __init__(self, min_length: _Optional[int] = ..., max_length: _Optional[int] = ..., max_bytes: _Optional[int] = ..., max_items: _Optional[int] = ..., pattern: _Optional[str] = ..., minimum: _Optional[int] = ..., maximum: _Optional[int] = ..., id_of: _Optional[str] = ..., max_depth: _Optional[int] = ...) -> None: ...

class Example(_message.Message):
    __slots__ = ("summary", "body")
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    summary: str
    body: str
    def __init__(self, summary: _Optional[str] = ..., body: _Optional[str] = ...) -> None: ...

class Document(_message.Message):
    __slots__ = ("media_types", "fields_of")
    MEDIA_TYPES_FIELD_NUMBER: _ClassVar[int]
    FIELDS_OF_FIELD_NUMBER: _ClassVar[int]
    media_types: _containers.RepeatedScalarFieldContainer[str]
    fields_of: str
    def __init__(self, media_types: _Optional[_Iterable[str]] = ..., fields_of: _Optional[str] = ...) -> None: ...
