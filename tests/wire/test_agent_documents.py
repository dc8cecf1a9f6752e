"""What an export and an import, and a preview and a create, have in common."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.agent_documents import CONFIGS, MODELS, TEXTS
from tests.wire.cases.bad_capabilities import ELSEWHERE
from tests.wire.cases.bad_fields import FIELDS
from tests.wire.cases.case import Case
from tests.wire.cases.good_agents import AGENTS
from tests.wire.harness.call import Call, Client
from tests.wire.harness.clients import Clients
from tests.wire.harness.json_value import Json, JsonObject
from tests.wire.harness.outcome import Answer, Failure
from tests.wire.test_cases import made

CAPABILITIES = st.lists(
    st.fixed_dictionaries(
        {"ref": st.sampled_from(["free_form", "noop"]), "config": st.none() | CONFIGS},
        optional={"locked": st.just(["/a", "/b~1c"])},
    ).map(lambda entry: entry if entry["ref"] == "free_form" else {"ref": "noop", "config": None}),
    max_size=2,
    unique_by=lambda entry: str(entry["ref"]),
)
BODIES = st.fixed_dictionaries(
    {
        "name": TEXTS,
        "system_prompt": TEXTS,
        "display_name": st.none() | TEXTS,
        "description": st.none() | st.just("") | TEXTS,
        "default_model_id": st.none() | MODELS,
        "tags": st.lists(TEXTS.map(lambda text: text[:100]), max_size=3, unique=True),
        "capabilities": CAPABILITIES,
        "max_iterations": st.integers(1, 1000),
    }
)
NEW_AGENTS = [
    case
    for case in (*AGENTS, *FIELDS, *ELSEWHERE)
    if case.call.rpc == "ApplyAgent" and not case.call.id and not case.call.key and not case.before
]
OF_ITS_OWN = {"id", "organization_id", "created_at", "updated_at"}


def answered(client: Client, call: Call) -> JsonObject:
    outcome = client.call(call)
    assert isinstance(outcome, Answer), outcome
    return outcome.content


def test_what_is_exported_is_imported_as_the_same(names: dict[str, Json], client: Client) -> None:
    mine = Call("ExportAgent")
    theirs = Call("ImportAgent", authorization="$other.keys.owner")

    @settings(max_examples=40)
    @given(BODIES)
    def holds(body: JsonObject) -> None:
        # As it is: a dollar sign in it names nothing.
        first = answered(client, replace(Call("ApplyAgent").filled(names), body=body))
        exported = answered(client, replace(mine, id=str(first["id"])).filled(names))
        document, content_type = str(exported["text"]).encode(), str(exported["content_type"])
        call = replace(theirs, document=document, content_type=content_type)
        again = answered(client, call.filled(names))
        assert {k: v for k, v in again.items() if k not in OF_ITS_OWN} == {
            k: v for k, v in first.items() if k not in OF_ITS_OWN
        }
        assert first["id"] != again["id"]
        # The names are free for the next.
        for agent, caller in ((first, "$keys.owner"), (again, "$other.keys.owner")):
            client.call(Call("DeleteAgent", id=str(agent["id"]), authorization=caller).filled(names))

    holds()


@pytest.mark.parametrize("case", NEW_AGENTS, ids=lambda case: case.name)
def test_a_preview_agrees_with_creating(
    case: Case, names: dict[str, Json], client: Client, clients: Clients
) -> None:
    names = made(case, names, clients, client.transport)
    create = case.call.filled(names)
    previewed = client.call(replace(create, rpc="PreviewAgent"))
    created = client.call(create)
    if isinstance(created, Failure):
        assert previewed == created
        return
    assert isinstance(previewed, Answer), previewed
    assert not previewed.created
    names["created"] = created.body
    session = answered(client, Call("CreateSession", {"agent_id": "$created.id"}).filled(names))
    runtime = answered(client, Call("GetRuntimeAgent", id=str(session["id"])).filled(names))
    id = created.content["id"] if "id" in (create.body or {}) else None
    nothing: JsonObject = {"id": id, "created_at": None, "updated_at": None}
    assert previewed.content["agent"] == {**created.content, **nothing}
    assert previewed.content["runtime_agent"] == {**runtime, "session_id": None, "agent_id": id}
    assert previewed.content["problems"] == runtime["problems"]


def test_a_preview_writes_nothing(names: dict[str, Json], client: Client) -> None:
    before = answered(client, Call("ListAgents").filled(names))
    answered(client, Call("PreviewAgent", {"name": "new", "system_prompt": "p"}).filled(names))
    assert answered(client, Call("ListAgents").filled(names)) == before
