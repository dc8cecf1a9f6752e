"""Why a request is refused, before it is made an answer."""

from __future__ import annotations

from collections.abc import Iterable

from everruns.v1.error_reason_pb2 import ErrorReason
from gateway.reasons import STATUS_OF_REASON
from gateway.violations import Violation


class Problem(Exception):
    """A request that ends in an error. `errors.problem_answer` makes it an answer.

    `code` is the name of an `ErrorReason`, `status` the HTTP status, `detail` a sentence for people,
    `retry_after` the seconds after which to ask again, and `headers` what the answer has besides.
    """

    def __init__(
        self,
        code: str,
        status: int,
        detail: str,
        *,
        violations: Iterable[Violation] = (),
        retry_after: int | None = None,
        headers: Iterable[tuple[bytes, bytes]] = (),
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.status = status
        self.detail = detail
        self.violations = tuple(violations)
        self.retry_after = retry_after
        self.headers = tuple(headers)


def refusal(reason: ErrorReason, detail: str, *, headers: Iterable[tuple[bytes, bytes]] = ()) -> Problem:
    """Returns the problem of a reason that the gateway itself has."""
    name = ErrorReason.Name(reason)
    return Problem(name, STATUS_OF_REASON[name], detail, headers=headers)


def refusal_of_fields(violations: Iterable[Violation]) -> Problem:
    """Returns the problem of a request with bad fields; its code is the first one's reason."""
    found = tuple(violations)
    code = found[0].reason
    return Problem(code, STATUS_OF_REASON[code], sentence(found), violations=found)


def sentence(violations: Iterable[Violation]) -> str:
    """Returns what is wrong in one line, "title: must be a string; tags[0]: must be a string"."""
    return "; ".join(
        f"{violation.field}: {violation.description}" if violation.field else violation.description
        for violation in violations
    )
