"""A call as data: what is asked, by whom, over whichever transport."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol, cast

from tests.wire.harness.json_value import Json, JsonObject, fill, filled
from tests.wire.harness.outcome import Outcome

Transport = Literal["grpc", "rest", "cli"]
TRANSPORTS: tuple[Transport, ...] = ("grpc", "rest", "cli")


@dataclass(frozen=True, slots=True)
class Call:
    """A call of an rpc. Texts may hold `$name.path`, which `filled` replaces.

    `body` is the resource of a create or an update as REST has it, its keys being those to change in an
    update; `document`, in its place, what is imported, and `content_type` its type, empty for none; `query`
    the other fields by their REST names; `key` the idempotency key; `authorization` and `organization` the
    headers, None for none; `timeout` is in seconds.
    """

    rpc: str
    body: JsonObject | None = None
    id: str = ""
    query: JsonObject = field(default_factory=dict)
    key: str = ""
    authorization: str | None = "Bearer $keys.owner"
    organization: str | None = None
    timeout: float = 20.0
    document: bytes | None = None
    content_type: str = "text/plain"

    def filled(self, names: Mapping[str, Json]) -> Call:
        """The call with the names replaced by what they stand for."""
        return replace(
            self,
            body=cast(JsonObject, filled(self.body, names)) if self.body is not None else None,
            id=fill(self.id, names),
            query=cast(JsonObject, filled(self.query, names)),
            authorization=None if self.authorization is None else fill(self.authorization, names),
            organization=None if self.organization is None else fill(self.organization, names),
        )


def messages_of(call: Call) -> int:
    """How many messages of a stream an answer has: the first alone, or where it resumes, the second too."""
    return 2 if "resume_token" in call.query else 1


class Client(Protocol):
    """Makes calls over one transport, and checks of every outcome what is true of all."""

    @property
    def transport(self) -> Transport:
        """Which one."""

    def call(self, call: Call) -> Outcome:
        """What the call came to."""
