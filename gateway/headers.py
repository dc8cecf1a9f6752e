"""HTTP headers in, gRPC metadata and deadlines out."""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from everruns.v1.error_reason_pb2 import API_KEY_INVALID, INVALID_FIELD
from gateway.problem import Problem, refusal, refusal_of_fields
from gateway.violations import Violations

Metadata: TypeAlias = tuple[tuple[str, str], ...]

REQUEST_ID = "X-Request-Id"
REQUEST_TIMEOUT = "X-Request-Timeout"
ORGANIZATION_ID = "X-Org-Id"
IDEMPOTENCY_KEY = "Idempotency-Key"
LAST_EVENT_ID = "Last-Event-ID"
"""The headers of requests."""

REPLAYED = "idempotency-replayed"
"""The server's initial metadata, and the answer's header, of an answer that was given before."""

_REQUEST_ID = re.compile(rb"[!-~]{1,128}")
_NUMBER = re.compile(rb"\s*[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?\s*")
_LONGEST_FORWARDED = 200
_LONGEST_TRACE_CONTEXT = 512
TRACE_CONTEXT = (b"traceparent", b"tracestate")
"""The headers, and the metadata, of the trace that a call belongs to."""

_METADATA_VALUE = re.compile(rb"[ -~]*")


def by_name(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Returns the values by name in lower case. Those of a name that is there more than once are joined
    by commas (RFC 9110, section 5.3), which none of the headers read here may hold."""
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        found[name] = found[name] + b", " + value if name in found else value
    return found


def request_id(headers: Mapping[bytes, bytes]) -> str:
    """Returns the client's `X-Request-Id` if it is 1 to 128 printable ASCII characters without spaces,
    else a new one."""
    given = headers.get(b"x-request-id", b"")
    return given.decode() if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def to_metadata(headers: Mapping[bytes, bytes], request_id: str, client: str = "") -> Metadata:
    """Returns what the server is told of the caller: `x-request-id`, and `authorization` and `x-org-id`
    as they came; `x-forwarded-for`, as it came with the client's address at its end; and the trace that the
    call belongs to, if there is one (W3C Trace Context).

    Raises Problem, reason API_KEY_INVALID or INVALID_FIELD, for a value that gRPC cannot carry.
    """
    metadata: Metadata = (("x-request-id", request_id),)
    authorization = headers.get(b"authorization")
    if authorization is not None:
        if not _METADATA_VALUE.fullmatch(authorization):
            raise refusal(API_KEY_INVALID, "The key has characters that no key has.")
        metadata += (("authorization", authorization.decode()),)
    organization = headers.get(b"x-org-id")
    if organization is not None:
        if not _METADATA_VALUE.fullmatch(organization):
            raise _refuse(ORGANIZATION_ID, "must be printable ASCII")
        metadata += (("x-org-id", organization.decode()),)
    if client:
        metadata += (("x-forwarded-for", _forwarded_for(headers.get(b"x-forwarded-for"), client)),)
    for name in TRACE_CONTEXT:
        value = headers.get(name)
        if value and len(value) <= _LONGEST_TRACE_CONTEXT and _METADATA_VALUE.fullmatch(value):
            metadata += ((name.decode(), value.decode()),)
    return metadata


def timeout(headers: Mapping[bytes, bytes], longest: float) -> float:
    """Returns the seconds that the call may take: `X-Request-Timeout`, but no more than `longest`.

    Raises Problem, reason INVALID_FIELD, unless the header is a number above 0.
    """
    given = headers.get(b"x-request-timeout")
    if given is None:
        return longest
    # float() reads more than JSON has, as "1_0".
    seconds = float(given) if _NUMBER.fullmatch(given) else math.nan
    if not 0 < seconds < math.inf:
        raise _refuse(REQUEST_TIMEOUT, "must be a number of seconds above 0")
    return min(seconds, longest)


def stream_timeout(headers: Mapping[bytes, bytes]) -> float | None:
    """Returns the seconds that a stream may take, `X-Request-Timeout`; None without one. Raises as
    `timeout`."""
    seconds = timeout(headers, math.inf)
    return None if seconds == math.inf else seconds


def idempotency_key(headers: Mapping[bytes, bytes]) -> str | None:
    """Returns the `Idempotency-Key` as it came, None without one; the server checks it.

    Raises Problem, reason INVALID_FIELD, for an empty one, which to the server would be none at all.
    """
    key = headers.get(IDEMPOTENCY_KEY.lower().encode())
    if key == b"":
        raise _refuse(IDEMPOTENCY_KEY, "must not be empty")
    # Latin-1 has a character for every byte, so this never fails.
    return None if key is None else key.decode("latin-1")


def _forwarded_for(given: bytes | None, client: str) -> str:
    # A proxy's header: what gRPC cannot carry is not the caller's fault, and is left out.
    if not given or not _METADATA_VALUE.fullmatch(given):
        return client
    return f"{given[-_LONGEST_FORWARDED:].decode()}, {client}"


def _refuse(header: str, description: str) -> Problem:
    violations = Violations()
    violations.add((None, header), INVALID_FIELD, description)
    return refusal_of_fields(violations)
