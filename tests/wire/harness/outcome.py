"""What a call came to, alike over all transports."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from tests.wire.harness.json_value import JsonObject


@dataclass(frozen=True, slots=True)
class Answer:
    """A call that was answered. `body` is None where the answer has none, `created` where nobody says."""

    body: JsonObject | None
    created: bool | None = False
    replayed: bool = False

    @property
    def content(self) -> JsonObject:
        """The body of an answer that must have one."""
        assert self.body is not None, "the answer has no body"
        return self.body


@dataclass(frozen=True, slots=True)
class Violation:
    """A bad field."""

    field: str
    reason: str
    description: str = dataclasses.field(compare=False)


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that was refused. `status` is the code's name over gRPC, else the number that REST has.

    `reason` is empty, and there is no more, where gRPC itself ended the call.
    """

    status: str
    reason: str
    message: str
    violations: tuple[Violation, ...] = ()
    retry_after: float | None = None


Outcome = Answer | Failure
