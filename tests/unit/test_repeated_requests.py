"""A create that is sent again with its request id gets its first answer, whatever happened since."""

from __future__ import annotations

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from everruns.v1 import agent_service_pb2 as agents
from everruns.v1 import session_service_pb2 as sessions
from everruns.v1.agent_pb2 import Agent, AgentSpec
from everruns.v1.session_pb2 import Session, SessionSpec
from server.core.json import JsonObject
from tests.unit.session_calls import create, create_agent, entry, read
from tests.unit.testing_server import Client, Service

REPLAYED = "idempotency-replayed"


@pytest.fixture
def agent(client: Client) -> Agent:
    return create_agent(client, "research")


def of_session(agent: Agent, title: str = "t", request_id: str = "once") -> sessions.CreateSessionRequest:
    spec = SessionSpec(agent_id=agent.id, title=title, capabilities=[entry("virtual_bash")])
    return sessions.CreateSessionRequest(session=spec, request_id=request_id)


def test_the_first_answer_is_given_again_and_marked(client: Client, agent: Agent) -> None:
    first = client.answered("CreateSession", of_session(agent))
    again = client.answered("CreateSession", of_session(agent))
    assert again.message == first.message
    assert REPLAYED not in first.initial_metadata
    assert again.initial_metadata[REPLAYED] == "true"
    page = client("ListSessions", sessions.ListSessionsRequest(), sessions.ListSessionsResponse)
    assert page.total_size == 1


def test_without_a_request_id_every_create_is_another(client: Client, agent: Agent) -> None:
    request = of_session(agent, request_id="")
    one, other = (client("CreateSession", request, Session) for _ in range(2))
    assert one.id != other.id


def test_the_first_answer_stays_when_the_session_has_changed(client: Client, agent: Agent) -> None:
    first = client("CreateSession", of_session(agent), Session)
    request = sessions.UpdateSessionRequest(id=first.id, session=SessionSpec(title="new"))
    client("UpdateSession", request, Session)
    assert client("CreateSession", of_session(agent), Session) == first
    client("DeleteSession", sessions.DeleteSessionRequest(id=first.id), Empty)
    assert client("CreateSession", of_session(agent), Session) == first


def test_the_first_answer_stays_when_the_agent_was_deleted(client: Client, agent: Agent) -> None:
    first = client("CreateSession", of_session(agent), Session)
    client("DeleteAgent", agents.DeleteAgentRequest(id=agent.id), Empty)
    assert client("CreateSession", of_session(agent), Session) == first


def test_the_first_answer_stays_when_the_agent_that_was_named_was_deleted(
    client: Client, agent: Agent
) -> None:
    request = sessions.CreateSessionRequest(session=SessionSpec(agent_name=agent.name), request_id="once")
    first = client("CreateSession", request, Session)
    client("DeleteAgent", agents.DeleteAgentRequest(id=agent.id), Empty)
    assert client("CreateSession", request, Session) == first


def test_the_first_answer_has_the_features_of_then(client: Client, agent: Agent) -> None:
    first = client("CreateSession", of_session(agent), Session)
    spec = AgentSpec(capabilities=[entry("openui")])
    client("UpdateAgent", agents.UpdateAgentRequest(id=agent.id, agent=spec), Agent)
    assert list(client("CreateSession", of_session(agent), Session).features) == ["file_system"]
    assert list(read(client, first.id).features) == ["openui", "file_system"]


def test_another_request_with_the_same_id_is_refused(client: Client, agent: Agent) -> None:
    client("CreateSession", of_session(agent), Session)
    failure = client.failure("CreateSession", of_session(agent, title="other"))
    assert (failure.code, failure.reason) == (grpc.StatusCode.ALREADY_EXISTS, "IDEMPOTENCY_KEY_REUSED")


@pytest.mark.parametrize(
    ("config", "same"),
    [
        ({"timeout_ms": 1, "max_bytes": 2}, True),
        ({"max_bytes": 2, "timeout_ms": 1}, True),
        ({}, False),
        (None, False),
    ],
)
def test_the_order_of_keys_makes_no_other_request(
    client: Client, agent: Agent, config: JsonObject | None, same: bool
) -> None:
    def request(config: JsonObject | None) -> sessions.CreateSessionRequest:
        spec = SessionSpec(agent_id=agent.id, capabilities=[entry("web_fetch", config)])
        return sessions.CreateSessionRequest(session=spec, request_id="once")

    first = client("CreateSession", request({"timeout_ms": 1, "max_bytes": 2}), Session)
    if same:
        assert client("CreateSession", request(config), Session) == first
    else:
        assert client.failure("CreateSession", request(config)).reason == "IDEMPOTENCY_KEY_REUSED"


def test_a_request_id_is_of_its_organization(service: Service, client: Client, agent: Agent) -> None:
    mine = client("CreateSession", of_session(agent), Session)
    stranger = service.client("globex")
    theirs = stranger("CreateSession", of_session(create_agent(stranger, "research")), Session)
    assert theirs.id != mine.id


def test_a_refused_request_may_be_mended_and_sent_again(client: Client, agent: Agent) -> None:
    bad = SessionSpec(agent_id=agent.id, capabilities=[entry("web_fech")])
    client.failure("CreateSession", sessions.CreateSessionRequest(session=bad, request_id="once"))
    assert create(client, SessionSpec(agent_id=agent.id), request_id="once").agent_id == agent.id


@pytest.mark.parametrize(
    ("rpc", "request_", "other"),
    [
        (
            "CreateAgent",
            agents.CreateAgentRequest(agent=AgentSpec(name="a", system_prompt="p"), request_id="once"),
            agents.CreateAgentRequest(agent=AgentSpec(name="a", system_prompt="q"), request_id="once"),
        ),
        (
            "ApplyAgent",
            agents.ApplyAgentRequest(agent=AgentSpec(name="a", system_prompt="p"), request_id="once"),
            agents.ApplyAgentRequest(agent=AgentSpec(name="b", system_prompt="p"), request_id="once"),
        ),
    ],
)
def test_agents_are_answered_again_too(client: Client, rpc: str, request_: Message, other: Message) -> None:
    first, again = client.answered(rpc, request_), client.answered(rpc, request_)
    assert again.message == first.message
    assert (REPLAYED in first.initial_metadata, REPLAYED in again.initial_metadata) == (False, True)
    assert client.failure(rpc, other).reason == "IDEMPOTENCY_KEY_REUSED"


def test_the_same_request_id_of_another_method_is_another_request(client: Client) -> None:
    spec = AgentSpec(name="a", system_prompt="p")
    created = client("CreateAgent", agents.CreateAgentRequest(agent=spec, request_id="once"), Agent)
    request = agents.ApplyAgentRequest(agent=spec, request_id="once")
    applied = client("ApplyAgent", request, agents.ApplyAgentResponse)
    assert (applied.created, applied.agent.id) == (False, created.id)
