"""A case: what was done before, a call, and what it must come to. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.wire.harness.call import TRANSPORTS, Call, Transport
from tests.wire.harness.json_value import JsonObject
from tests.wire.harness.rpc import HTTP_STATUS, HTTP_STATUS_OF_REASON

_REST_NAMES = {
    "page_size": "limit",
    "skip": "offset",
    "request_id": "Idempotency-Key",
    "from_version": "from",
    "to_version": "to",
}


@dataclass(frozen=True, slots=True)
class Refused:
    """A call must be refused. `fields` are the bad fields in order, each with its reason if that is not
    the reason of the whole; `retry` says that it must be told when to ask again.
    """

    code: str
    reason: str
    fields: tuple[str | tuple[str, str], ...] = ()
    retry: bool = False

    def status(self, transport: Transport) -> str:
        """The status as the transport shows it."""
        if transport == "grpc":
            return self.code
        return str(HTTP_STATUS_OF_REASON.get(self.reason) or HTTP_STATUS[self.code])

    def violations(self, transport: Transport) -> list[tuple[str, str]]:
        """Each bad field as the transport calls it, with its reason."""
        pairs = [(f, self.reason) if isinstance(f, str) else f for f in self.fields]
        names = {} if transport == "grpc" else _REST_NAMES
        return [(names.get(name, name), reason) for name, reason in pairs]


@dataclass(frozen=True, slots=True)
class Answered:
    """A call must be answered with at least `holds`, None for an answer without a body."""

    holds: JsonObject | None = field(default_factory=dict)
    created: bool = False
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """A case. The answers to the calls of `before` have the names that those are given there, as `agent`
    has: an agent without capabilities; `other` has `org`, `keys` and `agent` of another organization.
    """

    name: str
    call: Call
    expected: Refused | Answered
    before: Mapping[str, Call] = field(default_factory=dict)
    over: tuple[Transport, ...] = TRANSPORTS


def bad(reason: str, *fields: str | tuple[str, str]) -> Refused:
    """INVALID_ARGUMENT with bad fields, the first of which has the reason of the whole."""
    return Refused("INVALID_ARGUMENT", reason, fields)
