"""Times as JSON and a query string have them: RFC 3339, section 5.6."""

from __future__ import annotations

import re

from google.protobuf.timestamp_pb2 import Timestamp

TIMESTAMP = Timestamp.DESCRIPTOR.full_name

EXPECTED = "must be an RFC 3339 time, such as 2026-01-31T12:00:00Z, with + written as %2B"
"""What a text must be that `parse_timestamp` takes."""

_FORM = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)


def parse_timestamp(text: str) -> Timestamp | None:
    """Returns the time, to the nanosecond; None for a text that is none, or not of the years 1 to 9999."""
    if not _FORM.fullmatch(text):
        return None
    timestamp = Timestamp()
    try:
        timestamp.FromJsonString(text.upper())
    except ValueError:
        return None
    return timestamp
