"""The query string of a request: the fields that are neither in the path nor in the body."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import parse_qsl

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from everruns.v1.error_reason_pb2 import INVALID_FIELD
from gateway.names import json_name
from gateway.parse import refuse_unknown
from gateway.scalars import ScalarValue, text_scalar
from gateway.times import EXPECTED, TIMESTAMP, parse_timestamp
from gateway.violations import Violations


class QueryParser:
    """Parses query strings into these fields of a request. It may be used from any thread.

    Raises TypeError for a field of a type that a query cannot hold, so that it shows at start-up.
    """

    def __init__(self, fields: Iterable[FieldDescriptor]) -> None:
        self._fields = {json_name(field): (field, _reader(field)) for field in fields}

    def parse(self, message: Message, query: bytes, violations: Violations) -> None:
        """Puts the query into the message, and adds everything that is wrong to `violations`.

        A list has its key once for each element; any other key may be there once.
        """
        if not query:
            return
        seen: set[str] = set()
        for key, text in _pairs(query):
            path = (None, key)
            if key not in self._fields:
                refuse_unknown(key, self._fields, path, violations)
                continue
            field, (read, expected) = self._fields[key]
            value = read(text)
            if key in seen and not field.is_repeated:
                violations.add(path, INVALID_FIELD, "is there twice")
            elif value is None:
                violations.add(path, INVALID_FIELD, expected)
            elif field.is_repeated:
                getattr(message, field.name).append(value)
            elif isinstance(value, Timestamp):
                getattr(message, field.name).CopyFrom(value)
            else:
                setattr(message, field.name, value)
            seen.add(key)


def _reader(field: FieldDescriptor) -> tuple[Callable[[str], ScalarValue | Timestamp | None], str]:
    """How the field, or an element of it, is read, None where the text is not one, and what it must be."""
    message_type = field.message_type
    if message_type is not None and message_type.full_name == TIMESTAMP and not field.is_repeated:
        return parse_timestamp, EXPECTED
    return text_scalar(field)


def _pairs(query: bytes) -> list[tuple[str, str]]:
    # What is not UTF-8 becomes U+FFFD and so finds nothing, as it should.
    return parse_qsl(query.decode("latin-1"), keep_blank_values=True, errors="replace")
