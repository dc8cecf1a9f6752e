"""What can go wrong, by reason. A transport turns a ServiceError into its own kind of answer.

The status that belongs to a reason is an option of the enum `ErrorReason` in
`protos/everruns/v1/error_reason.proto`, whose names are those of `Reason`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """The reasons that the server itself gives; each is described in `error_reason.proto`."""

    INVALID_FIELD = "INVALID_FIELD"
    REQUIRED_FIELD_MISSING = "REQUIRED_FIELD_MISSING"
    UNKNOWN_FIELD = "UNKNOWN_FIELD"
    OUTPUT_ONLY_FIELD = "OUTPUT_ONLY_FIELD"
    IMMUTABLE_FIELD = "IMMUTABLE_FIELD"
    INVALID_ID = "INVALID_ID"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    NUMBER_NOT_REPRESENTABLE = "NUMBER_NOT_REPRESENTABLE"
    INVALID_PAGE_TOKEN = "INVALID_PAGE_TOKEN"  # noqa: S105  # the name of a reason
    INVALID_UPDATE_MASK = "INVALID_UPDATE_MASK"
    DUPLICATE_CAPABILITY = "DUPLICATE_CAPABILITY"
    UNKNOWN_CAPABILITY = "UNKNOWN_CAPABILITY"
    CAPABILITY_NOT_AVAILABLE = "CAPABILITY_NOT_AVAILABLE"
    CAPABILITY_CONFLICT = "CAPABILITY_CONFLICT"
    INVALID_CONFIG = "INVALID_CONFIG"
    TOOL_NAME_CONFLICT = "TOOL_NAME_CONFLICT"
    TOO_MANY_CAPABILITIES = "TOO_MANY_CAPABILITIES"
    CAPABILITY_DEPRECATED = "CAPABILITY_DEPRECATED"
    EXCLUDED_CAPABILITY_NEEDED = "EXCLUDED_CAPABILITY_NEEDED"
    CONFIG_LOCKED = "CONFIG_LOCKED"
    EXCLUSION_WITHOUT_EFFECT = "EXCLUSION_WITHOUT_EFFECT"
    UNKNOWN_MODEL = "UNKNOWN_MODEL"
    INVALID_DOCUMENT = "INVALID_DOCUMENT"

    API_KEY_MISSING = "API_KEY_MISSING"
    API_KEY_INVALID = "API_KEY_INVALID"
    SCOPE_MISSING = "SCOPE_MISSING"
    ORGANIZATION_MISMATCH = "ORGANIZATION_MISMATCH"

    SESSION_NOT_FOUND = "SESSION_NOT_FOUND"
    AGENT_NOT_FOUND = "AGENT_NOT_FOUND"
    CAPABILITY_NOT_FOUND = "CAPABILITY_NOT_FOUND"
    TURN_NOT_FOUND = "TURN_NOT_FOUND"
    KEY_NOT_FOUND = "KEY_NOT_FOUND"
    AGENT_VERSION_NOT_FOUND = "AGENT_VERSION_NOT_FOUND"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    MODEL_NOT_FOUND = "MODEL_NOT_FOUND"

    AGENT_ALREADY_EXISTS = "AGENT_ALREADY_EXISTS"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    CONCURRENT_CHANGE = "CONCURRENT_CHANGE"
    AGENT_ARCHIVED = "AGENT_ARCHIVED"
    TURN_IN_PROGRESS = "TURN_IN_PROGRESS"
    LEASE_LOST = "LEASE_LOST"
    KEY_IN_USE = "KEY_IN_USE"

    QUEUE_FULL = "QUEUE_FULL"
    MESSAGE_TOO_LARGE = "MESSAGE_TOO_LARGE"
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    STORE_UNAVAILABLE = "STORE_UNAVAILABLE"
    SERVER_UNAVAILABLE = "SERVER_UNAVAILABLE"
    INTERNAL = "INTERNAL"
    RATE_LIMITED = "RATE_LIMITED"
    QUOTA_EXCEEDED = "QUOTA_EXCEEDED"

    TOO_MANY_WATCHERS = "TOO_MANY_WATCHERS"
    WATCHER_TOO_SLOW = "WATCHER_TOO_SLOW"
    INVALID_RESUME_TOKEN = "INVALID_RESUME_TOKEN"  # noqa: S105  # the name of a reason


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


def agent_version_not_found(public_id: str, number: int) -> ServiceError:
    """The answer where an agent is there and has no such version."""
    return ServiceError(
        Reason.AGENT_VERSION_NOT_FOUND,
        f"the agent {public_id} has no version {number}",
        resource=Resource("agent_version", f"{public_id}/versions/{number}"),
    )


def key_not_found(public_id: str) -> ServiceError:
    """The same answer whether there is no such key or it is another organization's."""
    return ServiceError(
        Reason.KEY_NOT_FOUND, f"there is no key {public_id}", resource=Resource("key", public_id)
    )


def agent_archived(public_id: str) -> ServiceError:
    """The answer where something needs an active agent and it was deleted."""
    return ServiceError(
        Reason.AGENT_ARCHIVED, f"the agent {public_id} was deleted", resource=Resource("agent", public_id)
    )


def capability_not_found(id: str) -> ServiceError:
    """The answer where a capability is asked for that the catalog does not have."""
    return ServiceError(
        Reason.CAPABILITY_NOT_FOUND, f"there is no capability {id}", resource=Resource("capability", id)
    )


def turn_not_found(public_id: str) -> ServiceError:
    """The answer where a session is there and has no such turn."""
    return ServiceError(
        Reason.TURN_NOT_FOUND, f"the session has no turn {public_id}", resource=Resource("turn", public_id)
    )


def turn_in_progress(session_id: str, worker: str) -> ServiceError:
    """The answer to a worker that asks for a session in which another works."""
    return ServiceError(
        Reason.TURN_IN_PROGRESS,
        f"the worker {worker} runs a turn in the session {session_id}",
        resource=Resource("session", session_id),
    )


def lease_lost(why: str) -> ServiceError:
    """The answer to a worker whose turn is not its own any more."""
    return ServiceError(Reason.LEASE_LOST, why)


def agent_already_exists(name: str) -> ServiceError:
    """The answer where an agent's id or name is taken."""
    text = "another agent has this id, or an active one this name"
    return ServiceError(Reason.AGENT_ALREADY_EXISTS, text, resource=Resource("agent", name))


def model_not_found(id: str) -> ServiceError:
    """The answer where a model is asked for that the operator's table does not have."""
    return ServiceError(Reason.MODEL_NOT_FOUND, f"there is no model {id}", resource=Resource("model", id))


def rate_limited(why: str, wait: float) -> ServiceError:
    """The answer to who calls too often; `wait` is in how many seconds there is room for one more call."""
    return ServiceError(Reason.RATE_LIMITED, f"{why}; ask again in {wait:.3g} s", retry_after=wait)


def quota_exceeded(organization_id: str, most: int, things: str, remedy: str) -> ServiceError:
    """The answer where an organization has as many of something as it may; `remedy` is what makes room."""
    return ServiceError(
        Reason.QUOTA_EXCEEDED,
        f"the organization may have {most} {things}, and has them; {remedy}, or ask the operator for more",
        resource=Resource("organization", organization_id),
    )
