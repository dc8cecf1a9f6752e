"""Sessions as lines of JSON, `SessionLine` in the proto: written, and read again to the same byte."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import orjson
from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.timestamp_pb2 import Timestamp

from everruns.v1 import session_pb2
from everruns.v1 import session_transfer_service_pb2 as pb
from server.core.errors import Reason, ServiceError, invalid_field
from server.core.ids import first_id, format_id, parse_id
from server.core.layer import CapabilityConfig, Mode
from server.core.session import Session, SessionStatus
from server.core.transfer import LINE_VERSION
from server.rpc import decode
from server.rpc.validate import validate

LONGEST_LINE = 8 * 1024 * 1024
"""The most bytes of a line that is read."""

_TIME_BYTES = 8
"""How many bytes of an id are of its time."""


def write_line(session: Session) -> bytes:
    """A session as it is exported, as a line."""
    content: dict[str, object] = {
        "id": format_id("session", session.id),
        "agent_id": format_id("agent", session.agent_id),
    }
    if session.title is not None:
        content["title"] = session.title
    if session.tags:
        content["tags"] = session.tags
    if session.model_id is not None:
        content["model_id"] = session.model_id
    if session.capabilities.entries:
        content["capabilities"] = [_entry(entry) for entry in session.capabilities.entries]
    if session.pinned_version is not None:
        content["pinned_agent_version"] = session.pinned_version
    content["created_agent_version"] = session.created_version
    content["status"] = session.status
    content["created_at"] = _time_text(session.created_at)
    content["updated_at"] = _time_text(session.updated_at)
    if session.expires_at is not None:
        content["expires_at"] = _time_text(session.expires_at)
    return orjson.dumps({"version": LINE_VERSION, "session": content}, option=orjson.OPT_APPEND_NEWLINE)


def read_line(line: bytes | None, organization_id: bytes, now: int) -> Session:
    """The session of a line, None for one that was too long, of an organization.

    Raises INVALID_LINE for what is no line of this form, and violations of what its fields must keep to.
    """
    if line is None:
        raise _invalid(f"has more than {LONGEST_LINE} bytes")
    message = pb.SessionLine()
    try:
        tree = orjson.loads(line)
        if not isinstance(tree, dict):
            raise _invalid("is not a JSON object")
        ParseDict(tree, message)
    except orjson.JSONDecodeError as error:
        raise _invalid(f"is not JSON: {error}") from None
    except (ParseError, RecursionError) as error:
        raise _invalid(str(error)) from None
    validate(message)
    return _session(message.session, organization_id, now)


def split_lines(parts: Iterable[bytes]) -> Iterator[bytes | None]:
    """The lines of bytes that come in parts, without their ends; None in place of one of more than
    LONGEST_LINE bytes, of which no more is held."""
    held: list[bytes] = []
    size = 0
    for part in parts:
        *ends, rest = part.split(b"\n")
        for piece in ends:
            yield _line([*held, piece], size + len(piece))
            held, size = [], 0
        size += len(rest)
        held = [*held, rest] if size <= LONGEST_LINE else []
    if size:
        yield _line(held, size)


def _line(pieces: list[bytes], size: int) -> bytes | None:
    return b"".join(pieces) if size <= LONGEST_LINE else None


def _session(message: pb.ExportedSession, organization_id: bytes, now: int) -> Session:
    spec = decode.session_spec(
        session_pb2.SessionSpec(
            title=message.title if message.HasField("title") else None,
            tags=message.tags,
            model_id=message.model_id if message.HasField("model_id") else None,
            capabilities=message.capabilities,
        )
    )
    id, created_at = parse_id("session", message.id), _required_time(message, "created_at")
    updated_at = _required_time(message, "updated_at")
    if id[:_TIME_BYTES] != first_id(created_at)[:_TIME_BYTES]:
        raise invalid_field("id", "must begin with the time of created_at", Reason.INVALID_ID)
    if updated_at < created_at:
        raise invalid_field("updated_at", "must not be before created_at")
    expires_at = _time("expires_at", message.expires_at) if message.HasField("expires_at") else None
    if expires_at is not None and expires_at <= now:
        raise invalid_field("expires_at", "must be in the future")
    return Session(
        organization_id=organization_id,
        id=id,
        agent_id=parse_id("agent", message.agent_id),
        title=spec.title,
        tags=spec.tags,
        model_id=spec.model_id,
        capabilities=spec.capabilities,
        status=SessionStatus(message.status),
        created_at=created_at,
        updated_at=updated_at,
        created_version=message.created_agent_version if message.HasField("created_agent_version") else 1,
        pinned_version=message.pinned_agent_version if message.HasField("pinned_agent_version") else None,
        expires_at=expires_at,
    )


def _entry(entry: CapabilityConfig) -> dict[str, object]:
    content: dict[str, object] = {"ref": entry.ref}
    if entry.config is not None:
        content["config"] = entry.config
    if entry.mode is not Mode.INCLUDE:
        content["mode"] = f"CAPABILITY_MODE_{entry.mode.name}"
    return content


def _time_text(microseconds: int) -> str:
    seconds, rest = divmod(microseconds, 1_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:06}Z"


def _required_time(message: pb.ExportedSession, name: str) -> int:
    if not message.HasField(name):
        raise invalid_field(name, "is required", Reason.REQUIRED_FIELD_MISSING)
    return _time(name, getattr(message, name))


def _time(name: str, time: Timestamp) -> int:
    if time.seconds < 0 or time.nanos % 1000:
        raise invalid_field(name, "must be a time since 1970 in whole microseconds")
    return time.seconds * 1_000_000 + time.nanos // 1000


def _invalid(why: str) -> ServiceError:
    return ServiceError(Reason.INVALID_LINE, why)
