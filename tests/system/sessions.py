"""The sessions of one agent in an organization of its own, made and listed through a server."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import grpc

from tests.system.processes import run
from tests.wire.harness.call import Call
from tests.wire.harness.grpc_client import GrpcClient
from tests.wire.harness.json_value import Json, JsonObject
from tests.wire.harness.outcome import Answer, Outcome
from tests.wire.harness.tenant import with_agent

CREATE = Call("CreateSession", {"agent_id": "$agent.id"})
LIST = Call("ListSessions", query={"limit": 100})


class Sessions:
    """Calls with the key of an organization, whose names are in `names`. Thread-safe."""

    def __init__(self, names: Mapping[str, Json], channel: grpc.Channel) -> None:
        self.names = names
        self._client = GrpcClient(channel)

    def over(self, channel: grpc.Channel) -> Sessions:
        """The same through another channel."""
        return Sessions(self.names, channel)

    def call(self, call: Call) -> Outcome:
        """What a call came to; names in it are replaced."""
        return self._client.call(call.filled(self.names))

    def answer(self, call: Call) -> Answer:
        """The answer of a call that must have one."""
        outcome = self.call(call)
        assert isinstance(outcome, Answer), outcome
        return outcome

    def create(self) -> str:
        """Makes a session; its id."""
        return str(self.answer(CREATE).content["id"])

    def total(self) -> Json:
        """How many the agent's sessions are counted to be."""
        return self.answer(Call("ListSessions", query={"agent_id": "$agent.id"})).content["total"]

    def ids(self) -> list[str]:
        """Those of all sessions, as their pages list them."""
        return [str(item["id"]) for item in self.items()]

    def items(self) -> list[JsonObject]:
        """All sessions, as their pages list them."""
        found: list[JsonObject] = []
        token: Json = ""
        while True:
            page = self.answer(Call("ListSessions", query={**LIST.query, "page_token": token})).content
            items = page["data"]
            assert isinstance(items, list)
            found += [item for item in items if isinstance(item, dict)]
            token = page["next_page_token"]
            if not token:
                return found


def new_sessions(directory: Path, channel: grpc.Channel, **settings: str) -> Sessions:
    """Those of a new organization, made on the command line with the server's settings."""
    made = run(
        ["server", "keys", "create", "--org", "acme", "--scopes", "read,write,worker"], directory, **settings
    )
    assert made.returncode == 0, made.stderr
    names = with_agent({"keys": {"owner": made.stdout.strip()}}, GrpcClient(channel))
    return Sessions(names, channel)
