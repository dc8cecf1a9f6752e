"""A preview answers what creating would, and writes nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.wire.cases.case import Case
from tests.wire.cases.every import NEW_SESSION_CASES
from tests.wire.harness.call import Call, Client, Transport
from tests.wire.harness.clients import Clients
from tests.wire.harness.json_value import Json
from tests.wire.harness.outcome import Answer, Failure
from tests.wire.test_cases import made


def total(client: Client, names: dict[str, Json]) -> Json:
    """How many sessions the organization has."""
    listed = client.call(Call("ListSessions").filled(names))
    assert isinstance(listed, Answer)
    return listed.content["total"]


@pytest.mark.parametrize("case", NEW_SESSION_CASES, ids=lambda case: case.name)
def test_a_preview_agrees_with_creating(
    case: Case, names: dict[str, Json], clients: Clients, transport: Transport
) -> None:
    client = clients.of(transport)
    names = made(case, names, clients, transport)
    create = case.call.filled(names)
    assert total(client, names) == 0
    previewed = client.call(replace(create, rpc="PreviewSession"))
    assert total(client, names) == 0
    created = client.call(create)
    if isinstance(created, Failure):
        assert isinstance(previewed, Failure)
        assert previewed == created
        assert [v.description for v in previewed.violations] == [v.description for v in created.violations]
        assert total(client, names) == 0
        return
    assert isinstance(previewed, Answer)
    names["created"] = created.body
    runtime = client.call(Call("GetRuntimeAgent", id="$created.id").filled(names))
    assert isinstance(runtime, Answer)
    nothing: dict[str, Json] = {"id": None, "created_at": None, "updated_at": None}
    assert previewed.content["session"] == {**created.content, **nothing}
    assert previewed.content["runtime_agent"] == {**runtime.content, "session_id": None}
    assert previewed.content["problems"] == runtime.content["problems"]
    assert runtime.content["session_id"] == created.content["id"]
    assert runtime.content["features"] == created.content["features"]
    assert str(runtime.content["digest"]).startswith("sha256:")
    assert total(client, names) == 1


@pytest.mark.parametrize(
    "body", [{"agent_id": "$other.agent.id"}, {"agent_id": "$archived.id"}, {"agent_name": "nobody"}, {}]
)
def test_a_preview_fails_as_creating_does(
    body: dict[str, Json], names: dict[str, Json], client: Client
) -> None:
    archived = client.call(Call("ApplyAgent", {"name": "archived", "system_prompt": "p"}).filled(names))
    assert isinstance(archived, Answer)
    names["archived"] = archived.body
    client.call(Call("DeleteAgent", id="$archived.id").filled(names))
    created, previewed = (
        client.call(Call(rpc, body).filled(names)) for rpc in ("CreateSession", "PreviewSession")
    )
    assert isinstance(created, Failure)
    assert previewed == created
