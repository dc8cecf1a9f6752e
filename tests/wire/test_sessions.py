"""What is true of sessions over several calls, or to the byte."""

from __future__ import annotations

import re

import orjson
import pytest

from tests.wire.cases.good_sessions import SEED, SEED_AGENT
from tests.wire.harness.call import Call, Client
from tests.wire.harness.clients import Clients
from tests.wire.harness.json_value import Json, JsonObject
from tests.wire.harness.outcome import Answer, Failure

KEYS = [
    "id",
    "organization_id",
    "agent_id",
    "title",
    "tags",
    "model_id",
    "capabilities",
    "status",
    "features",
    "harness_id",
    "created_at",
    "updated_at",
    "is_pinned",
    "agent_binding",
    "pinned_agent_version",
    "created_agent_version",
]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def answered(client: Client, call: Call, names: dict[str, Json]) -> JsonObject:
    """The body of the answer that a call must have."""
    outcome = client.call(call.filled(names))
    assert isinstance(outcome, Answer), outcome
    return outcome.content


def test_the_published_example_to_the_byte(clients: Clients, names: dict[str, Json]) -> None:
    answered(clients.rest, SEED_AGENT, names)
    response = clients.rest.send(Call("CreateSession").filled(names), orjson.dumps(SEED))
    assert response.status_code == 201
    assert b'"timeout_ms":30000}' in response.content
    assert b"30000.0" not in response.content
    session = response.json()
    assert sorted(session) == sorted(KEYS)
    assert re.fullmatch(r"session_[0-9a-f]{32}", session["id"])
    assert response.headers["location"] == f"/v1/sessions/{session['id']}"
    assert TIME.fullmatch(session["created_at"])
    assert session["created_at"] == session["updated_at"]
    key = {"authorization": response.request.headers["authorization"]}
    got = clients.rest.http.get(response.headers["location"], headers=key)
    assert got.content == response.content


@pytest.mark.parametrize(
    "body", [{}, {"title": "t", "tags": ["a"], "model_id": "m", "capabilities": ["noop"]}]
)
def test_every_answer_has_the_same_keys(client: Client, names: dict[str, Json], body: JsonObject) -> None:
    made = answered(client, Call("CreateSession", {"agent_id": "$agent.id", **body}), names)
    names["made"] = made
    changed = answered(client, Call("UpdateSession", {"title": "x"}, "$made.id"), names)
    listed = answered(client, Call("ListSessions"), names)["data"]
    previewed = answered(client, Call("PreviewSession", {"agent_id": "$agent.id", **body}), names)["session"]
    assert isinstance(listed, list)
    for session in (made, changed, previewed, *listed):
        assert isinstance(session, dict)
        assert sorted(session) == sorted(KEYS)


def test_all_transports_show_the_same(clients: Clients, names: dict[str, Json]) -> None:
    body: JsonObject = {"agent_id": "$agent.id", "capabilities": ["virtual_bash", "web_fetch", "openui"]}
    names["made"] = answered(clients.grpc, Call("CreateSession", body), names)
    for call in (
        Call("GetSession", id="$made.id"),
        Call("ListSessions"),
        Call("GetRuntimeAgent", id="$made.id"),
        Call("PreviewSession", body),
        Call("GetAgent", id="$agent.id"),
        Call("ListAgents"),
        Call("ListCapabilities", query={"limit": 100}),
        Call("ListCapabilities", query={"search": "session"}),
        Call("GetCapability", id="virtual_bash"),
    ):
        shown = answered(clients.grpc, call, names)
        assert answered(clients.rest, call, names) == shown, call
        assert answered(clients.cli, call, names) == shown, call


def test_an_id_may_be_written_in_two_ways(client: Client, names: dict[str, Json]) -> None:
    made = answered(client, Call("CreateSession", {"agent_id": "$agent.id"}), names)
    prefix, _, digits = str(made["id"]).partition("_")
    parts = digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]
    for spelling in (f"{prefix}_{'-'.join(parts)}", str(made["id"]).upper()):
        assert answered(client, Call("GetSession", id=spelling), names) == made


def test_times_move_at_every_change_and_only_then(client: Client, names: dict[str, Json]) -> None:
    names["made"] = made = answered(client, Call("CreateSession", {"agent_id": "$agent.id"}), names)
    first = answered(client, Call("UpdateSession", {"title": "a"}, "$made.id"), names)
    second = answered(client, Call("UpdateSession", {"title": "a"}, "$made.id"), names)
    read = answered(client, Call("GetSession", id="$made.id"), names)
    assert made["created_at"] == first["created_at"] == second["created_at"]
    times = [made["updated_at"], first["updated_at"], second["updated_at"]]
    assert all(isinstance(time, str) and TIME.fullmatch(time) for time in times)
    assert times == sorted(set(map(str, times)))
    assert read == second


def test_pages_hold_every_session_once(client: Client, names: dict[str, Json]) -> None:
    made = [answered(client, Call("CreateSession", {"agent_id": "$agent.id"}), names)["id"] for _ in range(7)]
    found: list[Json] = []
    query: JsonObject = {"limit": 3}
    for page_number in range(3):
        page = answered(client, Call("ListSessions", query=query), names)
        sessions = page["data"]
        assert isinstance(sessions, list)
        assert (page["total"], page["limit"], page["offset"]) == (7, 3, 0)
        found += [session["id"] for session in sessions if isinstance(session, dict)]
        assert (page["next_page_token"] is None) == (page_number == 2)
        query = {"limit": 3, "page_token": page["next_page_token"]}
    assert found == made[::-1]


def test_a_refused_request_leaves_its_idempotency_key_free(client: Client, names: dict[str, Json]) -> None:
    wrong = Call("CreateSession", {"agent_id": "$agent.id", "capabilities": ["nope"]}, key="k1")
    assert isinstance(client.call(wrong.filled(names)), Failure)
    answered(client, Call("CreateSession", {"agent_id": "$agent.id"}, key="k1"), names)
    assert answered(client, Call("ListSessions"), names)["total"] == 1


def test_a_repeated_request_is_done_once(client: Client, names: dict[str, Json]) -> None:
    create = Call("CreateSession", {"agent_id": "$agent.id", "tags": ["a"]}, key="k1").filled(names)
    first, second, third = client.call(create), client.call(create), client.call(create)
    assert isinstance(first, Answer)
    assert not first.replayed
    assert second == third == Answer(first.body, first.created, replayed=True)
    assert answered(client, Call("ListSessions"), names)["total"] == 1


def test_a_request_is_repeated_over_the_other_transports(clients: Clients, names: dict[str, Json]) -> None:
    create = Call("CreateSession", {"agent_id": "$agent.id", "capabilities": ["web_fetch"]}, key="k1").filled(
        names
    )
    first = clients.grpc.call(create)
    assert isinstance(first, Answer)
    assert clients.rest.call(create) == Answer(first.body, created=True, replayed=True)
    assert clients.cli.call(create) == Answer(first.body, created=None, replayed=True)


def test_nothing_of_a_batch_is_made_where_one_is_wrong(client: Client, names: dict[str, Json]) -> None:
    good: JsonObject = {"agent_id": "$agent.id"}
    bad: list[JsonObject] = [{**good, "capabilities": ["nope"]}, {"agent_id": "$other.agent.id"}]
    for wrong in bad:
        batch = Call("BatchCreateSessions", {"requests": [good, good, wrong]}, key="k1")
        refused = client.call(batch.filled(names))
        assert isinstance(refused, Failure)
        assert answered(client, Call("GetSessionStats"), names)["total"] == 0
    made = Call("BatchCreateSessions", {"requests": [good, good]}, key="k1")
    answered(client, made, names)
    assert answered(client, Call("GetSessionStats"), names)["total"] == 2
