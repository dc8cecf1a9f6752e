"""What can go wrong, by reason. A transport turns a ServiceError into its own kind of answer.

The status that belongs to a reason is an option of the enum `ErrorReason` in
`protos/everruns/v1/error_reason.proto`, whose names are those of `Reason`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, auto


class Reason(StrEnum):
    """The reasons that the server itself gives; each is described in `error_reason.proto`."""

    @staticmethod
    def _generate_next_value_(name: str, start: int, count: int, last_values: list[str]) -> str:
        return name

    INVALID_FIELD = auto()
    REQUIRED_FIELD_MISSING = auto()
    IMMUTABLE_FIELD = auto()
    INVALID_ID = auto()
    LIMIT_EXCEEDED = auto()
    NUMBER_NOT_REPRESENTABLE = auto()
    INVALID_PAGE_TOKEN = auto()
    INVALID_UPDATE_MASK = auto()
    DUPLICATE_CAPABILITY = auto()
    UNKNOWN_CAPABILITY = auto()
    CAPABILITY_NOT_AVAILABLE = auto()
    CAPABILITY_CONFLICT = auto()
    INVALID_CONFIG = auto()
    TOOL_NAME_CONFLICT = auto()
    TOO_MANY_CAPABILITIES = auto()
    CAPABILITY_DEPRECATED = auto()

    API_KEY_MISSING = auto()
    API_KEY_INVALID = auto()
    SCOPE_MISSING = auto()
    ORGANIZATION_MISMATCH = auto()

    SESSION_NOT_FOUND = auto()
    AGENT_NOT_FOUND = auto()
    CAPABILITY_NOT_FOUND = auto()

    AGENT_ALREADY_EXISTS = auto()
    IDEMPOTENCY_KEY_REUSED = auto()
    CONCURRENT_CHANGE = auto()
    AGENT_ARCHIVED = auto()

    QUEUE_FULL = auto()
    MESSAGE_TOO_LARGE = auto()
    DEADLINE_EXCEEDED = auto()
    STORE_UNAVAILABLE = auto()
    INTERNAL = auto()


@dataclass(frozen=True, slots=True)
class Violation:
    """A field that is wrong. `field` is a path such as `capabilities[2].config.timeout_ms`."""

    field: str
    description: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Resource:
    """What an error is about, as `google.rpc.ResourceInfo` has it."""

    type: str
    name: str


class ServiceError(Exception):
    """A call that ends without a result.

    `violations` name each bad field of the request; `retry_after` is in seconds, None where asking
    again makes no sense.
    """

    def __init__(
        self,
        reason: Reason,
        message: str,
        *,
        violations: Sequence[Violation] = (),
        resource: Resource | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.violations = tuple(violations)
        self.resource = resource
        self.retry_after = retry_after


def invalid(violations: Sequence[Violation]) -> ServiceError:
    """The error of a request with bad fields: its reason is the first one's, its text names them all."""
    text = "; ".join(f"{v.field}: {v.description}" if v.field else v.description for v in violations[:5])
    if len(violations) > 5:
        text += f"; and {len(violations) - 5} more"
    return ServiceError(violations[0].reason, text, violations=violations)


def invalid_field(field: str, description: str, reason: Reason = Reason.INVALID_FIELD) -> ServiceError:
    """The error of a request with one bad field."""
    return invalid([Violation(field, description, reason)])


def session_not_found(public_id: str) -> ServiceError:
    """The same answer whether there is no such session or it is another organization's."""
    return ServiceError(
        Reason.SESSION_NOT_FOUND, f"there is no session {public_id}", resource=Resource("session", public_id)
    )


def agent_not_found(public_id: str) -> ServiceError:
    """The same answer whether there is no such agent or it is another organization's."""
    return ServiceError(
        Reason.AGENT_NOT_FOUND, f"there is no agent {public_id}", resource=Resource("agent", public_id)
    )


def agent_archived(public_id: str) -> ServiceError:
    """The answer where something needs an active agent and it was deleted."""
    return ServiceError(
        Reason.AGENT_ARCHIVED, f"the agent {public_id} was deleted", resource=Resource("agent", public_id)
    )
