"""AgentService: agents are created, applied, read, listed, changed and archived."""

from __future__ import annotations

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from everruns.v1 import agent_service_pb2 as pb
from everruns.v1.agent_pb2 import AGENT_STATUS_ACTIVE, AGENT_STATUS_ARCHIVED, Agent, AgentSpec
from everruns.v1.session_pb2 import SessionSpec
from tests.unit.session_calls import create as create_session
from tests.unit.session_calls import create_agent, entry
from tests.unit.session_calls import read as read_session
from tests.unit.testing_server import Client, Service

MISSING = "agent_ffffffffffffffffffffffffffffffff"
CHOSEN = "agent_0192f3a17c5e7d3e8f0a1b2c3d4e5f60"

FULL = AgentSpec(
    id=CHOSEN,
    name="research",
    display_name="Research",
    description="Finds things out.",
    system_prompt="You are careful.",
    default_model_id="gpt-4o",
    tags=["a", "b", "a"],
    capabilities=[entry("web_fetch", {"timeout_ms": 1000}), entry("virtual_bash")],
    max_iterations=7,
)


def spec(
    name: str, id: str = "", display_name: str | None = None, description: str | None = None
) -> AgentSpec:
    return AgentSpec(name=name, system_prompt="p", id=id, display_name=display_name, description=description)


def create(client: Client, spec: AgentSpec, request_id: str = "") -> Agent:
    return client("CreateAgent", pb.CreateAgentRequest(agent=spec, request_id=request_id), Agent)


def apply(client: Client, spec: AgentSpec) -> pb.ApplyAgentResponse:
    return client("ApplyAgent", pb.ApplyAgentRequest(agent=spec), pb.ApplyAgentResponse)


def read(client: Client, id: str) -> Agent:
    return client("GetAgent", pb.GetAgentRequest(id=id), Agent)


def update(client: Client, id: str, spec: AgentSpec, *paths: str) -> Agent:
    request = pb.UpdateAgentRequest(id=id, agent=spec, update_mask=FieldMask(paths=paths))
    return client("UpdateAgent", request, Agent)


def archive(client: Client, id: str) -> None:
    client("DeleteAgent", pb.DeleteAgentRequest(id=id), Empty)


def test_an_agent_is_created_as_it_is_asked_for(client: Client) -> None:
    agent = create(client, FULL)
    assert agent.id == CHOSEN
    assert agent.organization_id == f"org_{client.organization_id.hex()}"
    assert (agent.name, agent.display_name, agent.description) == (
        "research",
        "Research",
        "Finds things out.",
    )
    assert (agent.system_prompt, agent.default_model_id) == ("You are careful.", "gpt-4o")
    assert list(agent.tags) == ["a", "b"]
    assert agent.capabilities == FULL.capabilities
    assert (agent.max_iterations, agent.status) == (7, AGENT_STATUS_ACTIVE)
    assert agent.created_at == agent.updated_at
    assert read(client, agent.id) == agent


def test_what_is_not_given_has_its_default(client: Client) -> None:
    agent = create(client, spec("a"))
    assert agent.id.startswith("agent_")
    assert agent.max_iterations == 100
    for name in ("display_name", "description", "default_model_id"):
        assert not agent.HasField(name)


@pytest.mark.parametrize("taken", [spec("other", id=CHOSEN), spec("research")])
def test_an_id_or_name_that_is_taken_is_refused(client: Client, taken: AgentSpec) -> None:
    create(client, FULL)
    failure = client.failure("CreateAgent", pb.CreateAgentRequest(agent=taken))
    assert (failure.code, failure.reason) == (grpc.StatusCode.ALREADY_EXISTS, "AGENT_ALREADY_EXISTS")


def test_another_organization_may_use_the_name(service: Service, client: Client) -> None:
    create(client, spec("research"))
    assert create(service.client("globex"), spec("research")).name == "research"


def test_all_that_is_wrong_with_a_create_is_named(client: Client) -> None:
    bad = AgentSpec(max_iterations=1001, tags=["x" * 101], id="agent_1")
    failure = client.failure("CreateAgent", pb.CreateAgentRequest(agent=bad))
    assert failure.violations == [
        ("id", "INVALID_ID"),
        ("name", "REQUIRED_FIELD_MISSING"),
        ("system_prompt", "REQUIRED_FIELD_MISSING"),
        ("tags[0]", "LIMIT_EXCEEDED"),
        ("max_iterations", "LIMIT_EXCEEDED"),
    ]
    assert client.failure("CreateAgent", pb.CreateAgentRequest()).violations == [
        ("agent", "REQUIRED_FIELD_MISSING")
    ]


BAD_CAPABILITIES = AgentSpec(
    name="a", system_prompt="p", capabilities=[entry("research"), entry("web_fetch", {"timeout_ms": "1"})]
)


@pytest.mark.parametrize(
    ("rpc", "request_"),
    [
        ("CreateAgent", pb.CreateAgentRequest(agent=BAD_CAPABILITIES)),
        ("ApplyAgent", pb.ApplyAgentRequest(agent=BAD_CAPABILITIES)),
        ("UpdateAgent", pb.UpdateAgentRequest(id=CHOSEN, agent=BAD_CAPABILITIES)),
    ],
)
def test_bad_capabilities_are_refused_by_every_write(client: Client, rpc: str, request_: Message) -> None:
    create(client, FULL)
    failure = client.failure(rpc, request_)
    assert failure.code is grpc.StatusCode.INVALID_ARGUMENT
    assert failure.violations == [
        ("capabilities[0].ref", "CAPABILITY_NOT_AVAILABLE"),
        ("capabilities[1].config.timeout_ms", "INVALID_CONFIG"),
    ]


def test_apply_creates_and_then_replaces_everything(client: Client) -> None:
    first = apply(client, FULL)
    assert first.created
    second = apply(client, spec("renamed", id=CHOSEN))
    assert not second.created
    agent = second.agent
    assert (agent.id, agent.name, agent.max_iterations) == (CHOSEN, "renamed", 100)
    assert not agent.HasField("display_name")
    assert list(agent.tags) == list(agent.capabilities) == []
    assert agent.created_at == first.agent.created_at
    assert agent.updated_at.ToNanoseconds() > first.agent.updated_at.ToNanoseconds()
    assert read(client, CHOSEN) == agent


def test_apply_finds_an_agent_by_its_name(client: Client) -> None:
    first = apply(client, spec("a"))
    again = apply(client, spec("a", description="new"))
    assert (first.created, again.created) == (True, False)
    assert again.agent.id == first.agent.id
    assert again.agent.description == "new"


def test_apply_brings_an_archived_agent_back_by_id_and_not_by_name(client: Client) -> None:
    create(client, FULL)
    archive(client, CHOSEN)
    named = apply(client, spec("research"))
    assert named.created
    assert named.agent.id != CHOSEN
    back = apply(client, spec("back", id=CHOSEN))
    assert (back.created, back.agent.status) == (False, AGENT_STATUS_ACTIVE)


def test_apply_cannot_take_another_agents_name(client: Client) -> None:
    create(client, FULL)
    create(client, spec("other"))
    failure = client.failure("ApplyAgent", pb.ApplyAgentRequest(agent=spec("other", id=CHOSEN)))
    assert (failure.code, failure.reason) == (grpc.StatusCode.ALREADY_EXISTS, "AGENT_ALREADY_EXISTS")


def test_an_agent_that_there_is_not_is_not_found(client: Client) -> None:
    for rpc, request in (
        ("GetAgent", pb.GetAgentRequest(id=MISSING)),
        ("UpdateAgent", pb.UpdateAgentRequest(id=MISSING, agent=AgentSpec(name="a"))),
        ("DeleteAgent", pb.DeleteAgentRequest(id=MISSING)),
    ):
        failure = client.failure(rpc, request)
        assert (failure.code, failure.reason) == (grpc.StatusCode.NOT_FOUND, "AGENT_NOT_FOUND")
        assert failure.resource == ("agent", MISSING)


def test_another_organizations_agent_is_answered_as_none(service: Service, client: Client) -> None:
    create(client, FULL)
    stranger = service.client("globex")
    for rpc, request in (
        ("GetAgent", pb.GetAgentRequest),
        ("DeleteAgent", pb.DeleteAgentRequest),
    ):
        theirs = stranger.failure(rpc, request(id=CHOSEN), ("x-request-id", "r"))
        none = stranger.failure(rpc, request(id=MISSING), ("x-request-id", "r"))
        assert repr(theirs).replace(CHOSEN, MISSING) == repr(none)
    assert read(client, CHOSEN).status == AGENT_STATUS_ACTIVE


def test_an_update_changes_what_its_mask_names_and_clears_what_is_unset(client: Client) -> None:
    before = create(client, FULL)
    changed = update(client, CHOSEN, AgentSpec(name="new"), "name", "description", "max_iterations", "tags")
    assert changed.name == "new"
    assert not changed.HasField("description")
    assert changed.max_iterations == 100
    assert list(changed.tags) == []
    assert (changed.display_name, changed.capabilities) == (before.display_name, before.capabilities)
    assert changed.updated_at.ToNanoseconds() > before.updated_at.ToNanoseconds()
    assert read(client, CHOSEN) == changed


def test_an_update_of_nothing_changes_nothing(client: Client) -> None:
    before = create(client, FULL)
    assert update(client, CHOSEN, AgentSpec()) == before


@pytest.mark.parametrize(
    ("paths", "violations"),
    [
        (["id"], [("id", "IMMUTABLE_FIELD")]),
        (["status"], [("update_mask", "INVALID_UPDATE_MASK")]),
        (["name"], [("name", "REQUIRED_FIELD_MISSING")]),
        (["system_prompt"], [("system_prompt", "REQUIRED_FIELD_MISSING")]),
    ],
)
def test_a_bad_update_changes_nothing(
    client: Client, paths: list[str], violations: list[tuple[str, str]]
) -> None:
    before = create(client, FULL)
    request = pb.UpdateAgentRequest(id=CHOSEN, agent=AgentSpec(), update_mask=FieldMask(paths=paths))
    failure = client.failure("UpdateAgent", request)
    assert failure.code is grpc.StatusCode.INVALID_ARGUMENT
    assert failure.violations == violations
    assert read(client, CHOSEN) == before


def test_an_update_cannot_take_another_agents_name(client: Client) -> None:
    create(client, FULL)
    create(client, spec("other"))
    request = pb.UpdateAgentRequest(id=CHOSEN, agent=AgentSpec(name="other"))
    assert client.failure("UpdateAgent", request).reason == "AGENT_ALREADY_EXISTS"


def test_an_archived_agent_is_still_read_and_its_name_is_free(client: Client) -> None:
    create(client, FULL)
    archive(client, CHOSEN)
    assert read(client, CHOSEN).status == AGENT_STATUS_ARCHIVED
    assert create(client, spec("research")).id != CHOSEN
    again = client.failure("DeleteAgent", pb.DeleteAgentRequest(id=CHOSEN))
    assert (again.code, again.reason) == (grpc.StatusCode.NOT_FOUND, "AGENT_NOT_FOUND")
    changed = client.failure("UpdateAgent", pb.UpdateAgentRequest(id=CHOSEN, agent=AgentSpec(name="a")))
    assert (changed.code, changed.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "AGENT_ARCHIVED")


def test_sessions_of_an_archived_agent_keep_working(client: Client) -> None:
    create(client, FULL)
    session = create_session(client, SessionSpec(agent_id=CHOSEN))
    archive(client, CHOSEN)
    assert read_session(client, session.id) == session
    assert list(session.features) == ["file_system"]


def listed(client: Client, request: pb.ListAgentsRequest) -> list[str]:
    found = client("ListAgents", request, pb.ListAgentsResponse)
    assert found.total_size == len(found.agents)
    return [agent.name for agent in found.agents]


def test_a_list_holds_what_its_filter_lets_through_the_newest_first(client: Client) -> None:
    create(client, FULL)
    create_agent(client, "scribe")
    create(client, spec("old", display_name="Scribe of old"))
    archive(client, CHOSEN)
    assert listed(client, pb.ListAgentsRequest()) == ["old", "scribe"]
    assert listed(client, pb.ListAgentsRequest(include_archived=True)) == ["old", "scribe", "research"]
    assert listed(client, pb.ListAgentsRequest(search="SCRIBE")) == ["old", "scribe"]
    assert listed(client, pb.ListAgentsRequest(search="things", include_archived=True)) == ["research"]
    assert listed(client, pb.ListAgentsRequest(search="things")) == []


def test_pages_by_token_are_the_whole_list(client: Client) -> None:
    names = [create_agent(client, f"agent {number}").name for number in range(5)]
    request, found = pb.ListAgentsRequest(page_size=2), list[str]()
    for _ in range(3):
        page = client("ListAgents", request, pb.ListAgentsResponse)
        assert page.total_size == 5
        found += [agent.name for agent in page.agents]
        request.page_token = page.next_page_token
    assert found == names[::-1]
    assert request.page_token == ""
    failure = client.failure("ListAgents", pb.ListAgentsRequest(page_token="x"))
    assert (failure.code, failure.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_PAGE_TOKEN")
